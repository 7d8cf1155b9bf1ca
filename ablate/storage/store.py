"""What a record needs of the place where it lies."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal, Protocol

if TYPE_CHECKING:
    from optuna import Study
    from optuna.storages import RDBStorage
    from optuna.trial import FrozenTrial

Direction = Literal["minimize", "maximize"]
Trials = Sequence["FrozenTrial"]

SCHEMA = "v3.2.0.a"  # of the tables, since Optuna 3.2: `RDBStorage.get_head_version`
HEARTBEAT_SECONDS = 30
PATIENCE_SECONDS = 30.0  # for one connection to a server; what needs it is then tried again
GRACE_SECONDS = 180  # longer than a database may be away
MEND = "`ablate db rebuild` of the folder makes it anew from its finished cells"


class Lock(Protocol):
    """What one process at a time holds, `with` it; several at a time wait."""

    @property
    def is_locked(self) -> bool:
        """Whether this very object holds it, still."""

    @property
    def is_lost(self) -> bool:
        """Whether this very object took it, and it slipped away since."""

    def __enter__(self) -> object: ...

    def __exit__(self, *error: Any) -> None: ...


class Store(Protocol):
    """The place of one run's record: Optuna's tables, with one study for the run."""

    @property
    def label(self) -> str:
        """The place as messages have it, without a secret."""

    @property
    def is_remote(self) -> bool:
        """Whether it may be away for a while, and is then waited for."""

    def exists(self) -> bool:
        """Whether a record is there."""

    def locked(self) -> Lock:
        """What keeps others from deciding by what is about to change."""

    def make(
        self, title: str, objectives: Mapping[str, Direction], trials: Iterable[FrozenTrial]
    ) -> None:
        """Write a record in place of what is there, whole or not at all. The lock must be held."""

    def check(self) -> None:
        """Raise RunFolderError for damage that reading need not come across."""

    def open(self) -> tuple[Study, RDBStorage]:
        """The study that is the record. Raises RunFolderError for one that is damaged."""

    def read(self) -> tuple[Trials, Mapping[str, Any]]:
        """Its trials, oldest first, and the attributes of its study; nothing is written."""

    def stamp(self) -> object:
        """Another one once the record was written anew."""

    def set_aside(self) -> tuple[str, ...]:
        """Give a record that is there another name, which is returned; nothing if none was."""
