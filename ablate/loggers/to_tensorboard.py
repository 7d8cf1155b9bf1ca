"""TensorBoard: a folder for every point and seed, below `logs/tensorboard` in the run folder."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from torch.utils.tensorboard import SummaryWriter

from ablate.loggers.cell import LoggedCell, Maker, Row, shortened

MOST_BYTES = 200  # of a folder's name; file systems take 255


def maker() -> Maker:
    return _Curves


class _Curves:
    def __init__(self, cell: LoggedCell) -> None:
        self.cell = cell
        folder = (
            cell.folder / "logs" / "tensorboard" / folder_name(cell.point) / f"seed={cell.seed}"
        )
        # TensorBoard forgets what earlier attempts wrote from that step on: this writes it again.
        self.writer = SummaryWriter(str(folder), purge_step=1)
        for row in cell.earlier:
            self(row)

    def __call__(self, row: Row) -> None:
        for name, value in row.items():
            if name != "epoch" and value is not None:
                self.writer.add_scalar(name, value, row["epoch"])
        self.writer.flush()

    def close(self, end: Mapping[str, Any]) -> None:
        if result := end.get("result"):
            cell = self.cell
            known = {"variant": cell.variant, **cell.sweep, "seed": cell.seed}
            plain = {
                k: v if isinstance(v, bool | int | float) else str(v) for k, v in known.items()
            }
            costs = {f"result/{name}": cell.config[name] for name in ("params", "macs")}
            found = {f"result/{name}": result[name] for name in ("error", "loss")}
            self.writer.add_hparams(plain, found | costs, run_name=".")
        self.writer.close()


def folder_name(point: str) -> str:
    """A point -> a folder of its own, whatever its name has in it."""
    name = re.sub(r"[/\\\x00-\x1f]", lambda found: f"%{ord(found[0]):02X}", point)
    return shortened(name, MOST_BYTES)
