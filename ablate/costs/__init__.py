"""Parameters, MACs, training memory, counted on the meta device; seconds, predicted from them."""

from ablate.costs.count import Cost, cost
from ablate.costs.matching import solve
from ablate.costs.planning import price_cells
from ablate.costs.predict import REFERENCES, Rates, calibrate, rates_of
from ablate.costs.step import Step, trace_step
from ablate.costs.timing import Quartiles, alternate, each_round, synchronise, threads

__all__ = [
    "REFERENCES",
    "Cost",
    "Quartiles",
    "Rates",
    "Step",
    "alternate",
    "calibrate",
    "cost",
    "each_round",
    "price_cells",
    "rates_of",
    "solve",
    "synchronise",
    "threads",
    "trace_step",
]
