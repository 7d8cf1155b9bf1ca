"""Everything that is looked at, in the order in which it is told."""

from __future__ import annotations

import platform
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from ablate import __version__
from ablate.errors import MissingDataError, SpecError
from ablate.health.checks import Check
from ablate.health.folders import folders, limits
from ablate.health.packages import packages
from ablate.health.torches import has_nvidia, is_torch_usable, probed, torches
from ablate.machine import cache_root, data_root

if TYPE_CHECKING:
    from ablate.study import Study


def examine(
    study: Study | None = None, *, runs: str | Path = "runs", data: str | Path | None = None
) -> Iterator[Check]:
    """This machine, and whether it has the images of `study`; nothing is made or changed."""
    system = f"{platform.system()} {platform.machine()}"
    yield Check("ablate", "ok", f"{__version__}, Python {platform.python_version()}, {system}")
    yield from packages()
    found = probed()
    yield from torches(found, nvidia=has_nvidia())
    root, trains = data_root(data), study is not None and not study.is_measured
    yield from folders(Path(runs), cache_root(), root)
    yield from limits(streams=_streams(study))
    if study is not None and trains:
        yield _images(study, root, is_torch_usable(found))


def _streams(study: Study | None) -> bool | None:
    from ablate.cells import STREAMED

    return None if study is None else study.file.data.dataset in STREAMED


def _images(study: Study, root: Path, usable: bool) -> Check:
    """Whether the images are there, read as a run would."""
    data = study.file.data
    name = data.name or data.dataset
    if not usable:
        return Check("images", "warning", f"{name}: not looked for without torch", "see torch")
    from ablate.data import load_images

    try:
        images = load_images(data, root)
    except MissingDataError as error:
        message, _, mend = str(error).partition("\n")
        return Check("images", "error", message, " ".join(mend.split()))
    except SpecError as error:
        return Check("images", "error", str(error), "change the study's `data:`")
    train, test = len(images.y_train), len(images.y_test)
    note = f"; {images.note}" if images.note else ""
    return Check("images", "ok", f"{name}: {train:,} to train on, {test:,} to test{note}")
