"""What is wrong with this machine, each with its mend; also where torch cannot be imported."""

from ablate.health.checks import Check, worst
from ablate.health.examining import examine

__all__ = ["Check", "examine", "worst"]
