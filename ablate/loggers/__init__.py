"""What a run is logged by while it trains: TensorBoard, W&B, code of users'."""

from ablate.loggers.cell import LoggedCell, Logger, Makers
from ablate.loggers.finding import named_loggers
from ablate.loggers.telling import is_any_left, logging_cells

__all__ = ["LoggedCell", "Logger", "Makers", "is_any_left", "logging_cells", "named_loggers"]
