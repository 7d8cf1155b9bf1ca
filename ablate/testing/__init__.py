"""What a network or a dataset of yours must do to be studied: asked by its own tests.

They raise AssertionError with the rule that is broken, and what a study would raise for what it
would refuse.
"""

from ablate.testing.datasets import check_dataset
from ablate.testing.families import check_family

__all__ = ["check_dataset", "check_family"]
