"""Side-by-side measurements of our steps, memory, images and runs with others'."""

from ablate.bench.epochs import bench_epoch
from ablate.bench.findings import Findings
from ablate.bench.implementations import IMPLEMENTATIONS, build_as, why_not
from ablate.bench.memory import USUAL as MEMORY
from ablate.bench.memory import bench_memory, count
from ablate.bench.pipeline import bench_data
from ablate.bench.stepping import PRECISIONS, latency, training_step
from ablate.bench.steps import USUAL as STEPS
from ablate.bench.steps import bench_step
from ablate.bench.studies import bench_study, small_networks

__all__ = [
    "IMPLEMENTATIONS",
    "MEMORY",
    "PRECISIONS",
    "STEPS",
    "Findings",
    "bench_data",
    "bench_epoch",
    "bench_memory",
    "bench_step",
    "bench_study",
    "build_as",
    "count",
    "latency",
    "small_networks",
    "training_step",
    "why_not",
]
