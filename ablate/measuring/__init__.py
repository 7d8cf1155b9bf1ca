"""Networks of a study -> what a step of them costs, measured on a device that is theirs alone."""

from ablate.measuring.calibrating import rates_on, step_seconds
from ablate.measuring.folder import prepare
from ablate.measuring.implementations import count, why_not
from ablate.measuring.measure import measure
from ablate.measuring.networks import Event, measure_networks
from ablate.measuring.options import MeasureOptions
from ablate.measuring.stepping import training_step
from ablate.measuring.subjects import Subject, subjects_of, subjects_of_run
from ablate.measuring.synthetic import network_step, synthetic_step

__all__ = [
    "Event",
    "MeasureOptions",
    "Subject",
    "count",
    "measure",
    "measure_networks",
    "network_step",
    "prepare",
    "rates_on",
    "step_seconds",
    "subjects_of",
    "subjects_of_run",
    "synthetic_step",
    "training_step",
    "why_not",
]
