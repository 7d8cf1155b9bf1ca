"""Facts about this computer and process, and what files on it need; open to all rooms."""

from ablate.machine.caches import cache_root, home, usable_cache
from ablate.machine.spawned import EXIT_UNGUARDED, UNGUARDED, leave_if_unguarded
from ablate.machine.whole_files import write_bytes, write_text, write_whole

__all__ = [
    "EXIT_UNGUARDED",
    "UNGUARDED",
    "cache_root",
    "home",
    "leave_if_unguarded",
    "usable_cache",
    "write_bytes",
    "write_text",
    "write_whole",
]
