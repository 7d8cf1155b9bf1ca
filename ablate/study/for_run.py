"""Studies to be run: of the right kind, and in a folder that is named after what it holds."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from ablate.errors import UsageError
from ablate.study.loading import load_study
from ablate.study.study import Study


def load_for_run(
    source: str | Path,
    *,
    profile: str = "",
    sets: Sequence[str] = (),
    name: str | None = None,
    kind: str = "train",
) -> Study:
    """A study of some `kind` to be run under a folder name.

    Raises UsageError for one of another kind, and where `sets` change its cells and no `name` was
    given: the folder named after the file would hold something else than the file says. More seeds
    change none.
    """
    study = load_study(source, profile=profile, sets=sets)
    require_kind(study, kind)
    if sets and name is None:
        bare = load_study(source, profile=profile)
        if not study.extends(bare):
            raise UsageError("--set changes the cells of the study: name its folder with --as NAME")
    return study


def require_kind(study: Study, kind: str) -> None:
    """Raise UsageError for a study that is not of this kind, with the verb for it."""
    if study.file.kind != kind:
        says = {
            "measure": "is of kind: measure, so nothing trains; `ablate measure` measures it",
            "train": "is to be trained; `ablate run` it, then `ablate measure` the folder",
        }
        raise UsageError(f"{study.title}: {says[study.file.kind]}")
