"""What is wrong with this machine, each with its mend; also where torch cannot be imported."""

from ablate.health.checks import Check, worst
from ablate.health.examining import examine
from ablate.health.verb import Examination, doctor

__all__ = ["Check", "Examination", "doctor", "examine", "worst"]
