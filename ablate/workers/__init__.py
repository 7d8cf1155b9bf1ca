"""What trains: processes on devices, and one cell from its claim to its end."""

from ablate.workers.claiming import Rules, by_turn, decide, is_wanted
from ablate.workers.executor import execute
from ablate.workers.full_disk import TellingOfFullDisks
from ablate.workers.growing import as_begun, plan_onwards, standing_of
from ablate.workers.hanging import Limits
from ablate.workers.options import RunOptions
from ablate.workers.packing import PerDevice
from ablate.workers.same_images import check_images
from ablate.workers.taking_over import would_come_from
from ablate.workers.worker import Assignment, Event, Worker

__all__ = [
    "Assignment",
    "Event",
    "Limits",
    "PerDevice",
    "Rules",
    "RunOptions",
    "TellingOfFullDisks",
    "Worker",
    "as_begun",
    "by_turn",
    "check_images",
    "decide",
    "execute",
    "is_wanted",
    "plan_onwards",
    "standing_of",
    "would_come_from",
]
