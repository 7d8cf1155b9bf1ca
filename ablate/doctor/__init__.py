"""What is wrong with this machine, each with its mend; also where torch cannot be imported."""

from ablate.doctor.checks import Check, worst
from ablate.doctor.examining import examine

__all__ = ["Check", "examine", "worst"]
