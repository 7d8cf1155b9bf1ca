"""Parameters, MACs, training memory, counted on the meta device; seconds, predicted from them."""

from ablate.costs.count import Cost, cost
from ablate.costs.matching import solve
from ablate.costs.predict import Rates, calibrate, rates_of, step_seconds
from ablate.costs.pricing import COST_VERSION, price
from ablate.costs.step import LayerCost, Step, trace_step
from ablate.costs.timing import Quartiles, alternate, each_round, threads

__all__ = [
    "COST_VERSION",
    "Cost",
    "LayerCost",
    "Quartiles",
    "Rates",
    "Step",
    "alternate",
    "calibrate",
    "cost",
    "each_round",
    "price",
    "rates_of",
    "solve",
    "step_seconds",
    "threads",
    "trace_step",
]
