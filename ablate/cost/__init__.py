"""Parameters, MACs, training memory, counted on the meta device; seconds, predicted from them."""

from ablate.cost.count import Cost, cost
from ablate.cost.predict import Rates, calibrate
from ablate.cost.pricing import COST_VERSION, price
from ablate.cost.step import LayerCost, Step, trace_step

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
