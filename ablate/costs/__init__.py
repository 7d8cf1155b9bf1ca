"""Parameters, MACs, training memory, counted on the meta device; seconds, predicted from them."""

from ablate.costs.count import Cost, cost
from ablate.costs.predict import Rates, calibrate
from ablate.costs.pricing import COST_VERSION, price
from ablate.costs.step import LayerCost, Step, trace_step

__all__ = [
    "COST_VERSION",
    "Cost",
    "LayerCost",
    "Rates",
    "Step",
    "calibrate",
    "cost",
    "price",
    "trace_step",
]
