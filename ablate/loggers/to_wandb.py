"""W&B: a project for every study, a group for every point, a run for every cell."""

from __future__ import annotations

import os
import secrets
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import wandb

from ablate.errors import UsageError
from ablate.loggers.cell import LoggedCell, Maker, Row, shortened
from ablate.machine import write_text

QUIET = {"silent": True, "console": "off"}
NO_CODE = {"disable_git": True, "disable_code": True}
MOST_BYTES = 128  # of a name, of which W&B takes as many characters
WITHOUT_KEY = ("offline", "dryrun", "disabled")


def maker() -> Maker:
    """Raises UsageError where W&B would ask for a key, which nobody may be there to answer.

    Whether its server is there and takes the key is not asked: a run does not depend on it.
    """
    if wandb.setup(wandb.Settings(**QUIET)).settings.mode in WITHOUT_KEY:
        return _Run
    try:
        has_key = wandb.login(prompt=False, verify=False)
    except wandb.Error as error:
        raise UsageError(f"--log wandb: {error}") from error
    if not has_key:
        raise UsageError("--log wandb: has no API key: `wandb login`, or WANDB_MODE=offline")
    return _Run


class _Run:
    def __init__(self, cell: LoggedCell) -> None:
        logs = cell.folder / "logs"
        logs.mkdir(exist_ok=True)
        self.run = wandb.init(
            project=os.environ.get("WANDB_PROJECT") or cell.study,
            group=shortened(cell.point, MOST_BYTES),
            name=shortened(cell.name, MOST_BYTES),
            id=run_id(logs, cell.key),
            job_type="train",
            config=dict(cell.config),
            dir=str(logs),
            resume="allow",
            reinit="create_new",  # beside the runs of other cells, and one of the caller's
            settings=wandb.Settings(**QUIET, **NO_CODE),
        )
        for row in cell.earlier:
            if row["epoch"] >= self.run.step:  # where it goes on; offline it begins anew
                self(row)

    def __call__(self, row: Row) -> None:
        known = {name: value for name, value in row.items() if value is not None}
        self.run.log(known, step=row["epoch"])

    def close(self, end: Mapping[str, Any]) -> None:
        state, result = end["state"], end.get("result", {})
        numbers = {
            name: result[name] for name in ("error", "loss", "train_seconds") & result.keys()
        }
        self.run.summary.update({"state": state, **numbers})
        if state in ("stopped", "lost"):
            self.run.mark_preempting()
        self.run.finish(exit_code=0 if state in ("done", "pruned") else 1)


def run_id(logs: Path, key: str) -> str:
    """What W&B knows a cell by: kept, as W&B takes no id again that was deleted there."""
    kept = logs / "wandb" / "ids" / key
    if not kept.is_file():
        write_text(kept, f"{key}-{secrets.token_hex(4)}")
    return kept.read_text(encoding="utf-8")
