"""Where the record of a run lies, and the one door through which it is touched."""

from typing import TYPE_CHECKING

from ablate.doors import opened_later
from ablate.storage.address import Server
from ablate.storage.file import FileStore, set_aside
from ablate.storage.quiet import quiet
from ablate.storage.store import (
    HEARTBEAT_SECONDS,
    MEND,
    PATIENCE_SECONDS,
    SCHEMA,
    Lock,
    Store,
    Trials,
)

# What writes, or speaks to servers, which a reader of a file need not wait for.
if TYPE_CHECKING:
    from ablate.storage.address import checked, new_server
    from ablate.storage.dashboard import show_record
    from ablate.storage.door import (
        LockLost,
        Superseded,
        beating,
        between_calls,
        patiently,
        undisturbed,
    )
    from ablate.storage.server import ServerStore, taken

__all__ = [
    "HEARTBEAT_SECONDS",
    "MEND",
    "PATIENCE_SECONDS",
    "SCHEMA",
    "FileStore",
    "Lock",
    "LockLost",
    "Server",
    "ServerStore",
    "Store",
    "Superseded",
    "Trials",
    "beating",
    "between_calls",
    "checked",
    "new_server",
    "patiently",
    "quiet",
    "set_aside",
    "show_record",
    "taken",
    "undisturbed",
]

__getattr__ = opened_later(__name__, __file__)
