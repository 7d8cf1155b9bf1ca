"""What networks, images and parts of recipes of yours must do to be studied: for their tests.

They raise AssertionError with the rule that is broken, and what a study would raise for what it
would refuse.
"""

from ablate.testing.datasets import check_dataset
from ablate.testing.families import check_family
from ablate.testing.steps import check_augmentation, check_loss, check_optimizer

__all__ = ["check_augmentation", "check_dataset", "check_family", "check_loss", "check_optimizer"]
