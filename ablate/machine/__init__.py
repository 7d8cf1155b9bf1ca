"""Facts about this computer and process, and what files on it need; open to all rooms."""

from ablate.machine.alone import Watch
from ablate.machine.caches import cache_root, usable_cache
from ablate.machine.code import (
    KEPT_CODE,
    code_file,
    code_folders,
    digest_of_file,
    keep_code,
    look_for_code,
    weights_file,
)
from ablate.machine.cores import cores, parallel
from ablate.machine.devices import (
    check_device,
    default_devices,
    device_id,
    device_name,
    first_line,
    memory_of,
    stay_on,
)
from ablate.machine.leaving import EXIT_ORPHANED, leave_with_parent
from ablate.machine.logs import logging_to, telling_warnings
from ablate.machine.memory import keep_memory, peak_memory, release_memory
from ablate.machine.owner import is_at_work, is_dead, is_stopped, this_process
from ablate.machine.root import data_root
from ablate.machine.spawned import EXIT_UNGUARDED, UNGUARDED, leave_if_unguarded
from ablate.machine.stopping import STOP_SIGNALS, hearing_stops, hearing_stops_to_the_end
from ablate.machine.whole_files import replacing, write_bytes, write_text

__all__ = [
    "EXIT_ORPHANED",
    "EXIT_UNGUARDED",
    "KEPT_CODE",
    "STOP_SIGNALS",
    "UNGUARDED",
    "Watch",
    "cache_root",
    "check_device",
    "code_file",
    "code_folders",
    "cores",
    "data_root",
    "default_devices",
    "device_id",
    "device_name",
    "digest_of_file",
    "first_line",
    "hearing_stops",
    "hearing_stops_to_the_end",
    "is_at_work",
    "is_dead",
    "is_stopped",
    "keep_code",
    "keep_memory",
    "leave_if_unguarded",
    "leave_with_parent",
    "logging_to",
    "look_for_code",
    "memory_of",
    "parallel",
    "peak_memory",
    "release_memory",
    "replacing",
    "stay_on",
    "telling_warnings",
    "this_process",
    "usable_cache",
    "weights_file",
    "write_bytes",
    "write_text",
]
