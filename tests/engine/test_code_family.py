"""Networks and images of others: beside a study and of a package, from plan to a loaded export."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

NETS = """\
from torch import nn

def small(in_channels: int, classes: int, width: int = 4, norm: bool = True) -> nn.Module:
    made = [nn.Conv2d(in_channels, width, 3, padding=1)]
    made += [nn.BatchNorm2d(width)] if norm else []
    return nn.Sequential(*made, nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten(),
                         nn.Linear(width, classes))

def noisy(images, amount: float = 0.1):
    return images + amount * images.new_empty(images.shape).normal_()

def wrong(in_channels: int) -> nn.Module:
    return nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(in_channels, 3))

def nothing() -> None: ...
"""
TONES = """
import numpy as np

def tones(count: int = 50):
    def part(n):
        y = np.arange(n) % 10
        return np.broadcast_to(20 * y[:, None, None], (n, 8, 8)).astype(np.uint8), y
    (x_train, y_train), (x_test, y_test) = part(count), part(20)
    return {"x_train": x_train, "y_train": y_train, "x_test": x_test, "y_test": y_test}
"""
LOSSES = """
from torch.nn.functional import cross_entropy

def softly(logits, labels, by: float = 0.1):
    return cross_entropy(logits, labels, label_smoothing=by)
"""
STUDY = """\
name: own
question: Which of ours?
data: {dataset: tones, settings: {count: 180}, hold_out: 60}
recipe: {epochs: 1, schedule: one_cycle, lr: 0.05, batch_size: 32}
baseline: beside
variants:
  beside: {family: "nets:small", width: 8, recipe: {augmentation: "nets:noisy"}}
  packed: {family: toy, width: 6, norm: false, recipe: {loss: {from: softly, by: 0.2}, lr: 0.01,
    optimizer: "torch.optim:NAdam"}}
seeds: [0, 1]
"""
# Calls of ablate in turn, in one process, as each would wait for torch; what each printed.
PROGRAM = """
import contextlib, io, json, sys
from ablate.cli import main
told = []
for arguments in json.loads(sys.argv[1]):
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        try:
            main(arguments)
            code = 0
        except SystemExit as end:
            code = end.code or 0
    told.append([code, out.getvalue(), err.getvalue()])
print(json.dumps(told))
"""
LOAD = """
import json, sys, torch, ablate
module = ablate.load(sys.argv[1])
print(json.dumps([module.training, tuple(module(torch.zeros(2, 1, 8, 8)).shape),
                  sum(p.numel() for p in module.parameters())]))
"""


class Home:
    """A folder with a study, code beside it, and a package that is installed elsewhere."""

    def __init__(self, path: Path) -> None:
        self.path, self.site = path, path / "site"
        self.away = path / "away"  # where commands are given
        for folder in (path / "study", self.site / "toys", self.away):
            folder.mkdir(parents=True)
        (path / "study" / "nets.py").write_text(NETS, encoding="utf-8")
        (self.site / "toys" / "__init__.py").write_text(NETS, encoding="utf-8")
        (self.site / "toys" / "images.py").write_text(TONES, encoding="utf-8")
        (self.site / "toys" / "losses.py").write_text(LOSSES, encoding="utf-8")
        info = self.site / "toys-1.2.dist-info"
        info.mkdir()
        head = "Metadata-Version: 2.1\nName: toys\nVersion: 1.2\n"
        (info / "METADATA").write_text(head, encoding="utf-8")
        entry = (
            "[ablate.families]\ntoy = toys:small\n[ablate.datasets]\ntones = toys.images:tones\n"
            "[ablate.losses]\nsoftly = toys.losses:softly\n"
        )
        (info / "entry_points.txt").write_text(entry, encoding="utf-8")
        self.study = path / "study" / "own.yaml"
        self.study.write_text(STUDY, encoding="utf-8")

    def python(self, program: str, *arguments: str) -> Any:
        # As pip's command starts, which has not the current folder on its path.
        environment = {**os.environ, "PYTHONSAFEPATH": "1"}
        environment["PYTHONPATH"] = os.pathsep.join(filter(None, [str(self.site), *sys.path]))
        done = subprocess.run(
            [sys.executable, "-c", program, *arguments],
            cwd=self.away,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout.splitlines()[-1])

    def ablate(self, *commands: Sequence[object]) -> list[tuple[int, str, str]]:
        told = self.python(PROGRAM, json.dumps([list(map(str, each)) for each in commands]))
        return [(code, out, err) for code, out, err in told]

    def keys(self) -> dict[str, str]:
        (code, out, err), *_ = self.ablate(["plan", self.study, "--json"])
        assert code == 0, err
        return {cell["variant"]: cell["key"] for cell in json.loads(out)["cells"]}


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Home:
    return Home(tmp_path_factory.mktemp("home"))


@pytest.fixture(scope="module")
def finished(home: Home) -> list[tuple[int, str, str]]:
    """What plan and run said, the latter with a worker and a second time; then all is moved."""
    plan = ["plan", home.study, "--json"]
    run = ["run", home.study, "--devices", "cpu", "--jobs", "1"]
    told = home.ablate(plan, run, run, ["export", "runs/own", "beside", "--out", "exported"])
    shutil.move(home.away / "runs" / "own", home.away / "moved")
    (home.path / "study").rename(home.path / "gone")
    return told


def test_it_is_counted_trained_and_done(finished: list[tuple[int, str, str]]) -> None:
    plan, first, again, exported = finished
    assert plan[0] == 0, plan
    params = {cell["variant"]: cell["params"] for cell in json.loads(plan[1])["cells"]}
    assert params == {"beside": 80 + 16 + 90, "packed": 60 + 70}
    assert first[0] == 0 and "complete: 4 of 4 cells are done, trained 4" in first[1]
    assert again[0] == 0 and "complete: 4 of 4 cells are done, nothing to train" in again[1]
    assert exported[0] == 0, exported


def test_a_moved_run_needs_the_study_no_more(
    home: Home, finished: list[tuple[int, str, str]]
) -> None:
    assert not (home.path / "study").exists()
    compared, status, exported = home.ablate(
        ["compare", "moved"], ["status", "moved"], ["export", "moved", "packed", "--out", "packed"]
    )
    assert compared[0] == 0 and "Which of ours?" in compared[1]
    assert status[0] == 0 and exported[0] == 0, exported
    assert (home.away / "moved" / "code" / "nets.py").read_text(encoding="utf-8") == NETS


def test_an_export_is_loaded_where_nothing_else_is(
    home: Home, finished: list[tuple[int, str, str]]
) -> None:
    alone = Path(shutil.copytree(home.away / "exported", home.path / "alone"))
    assert home.python(LOAD, str(alone)) == [False, [2, 10], 186]
    card = (alone / "README.md").read_text(encoding="utf-8")
    assert "| code | nets:small, nets.py beside the study, syntax tree" in card
    assert "`code/nets.py` is a copy, which is run to load it" in card
    assert "| images from | toys.images:tones, package toys 1.2, syntax tree" in card
    assert "| augmentation from | nets:noisy, nets.py beside the study, syntax tree" in card
    card = (home.away / "packed" / "README.md").read_text(encoding="utf-8")
    assert "| loss from | toys.losses:softly, package toys 1.2, syntax tree" in card
    assert ", by: 0.2 |" in card and "| optimizer from | torch.optim:NAdam, package torch " in card


def test_keys_follow_the_code_and_not_its_comments(tmp_path: Path) -> None:
    home = Home(tmp_path)
    before = home.keys()
    beside, packed = tmp_path / "study" / "nets.py", home.site / "toys" / "__init__.py"
    for file in (beside, packed):
        file.write_text(NETS.replace("return nn", "# as ever\n    return nn"), encoding="utf-8")
    assert home.keys() == before
    beside.write_text(NETS.replace("nn.ReLU()", "nn.GELU()"), encoding="utf-8")
    assert home.keys()["beside"] != before["beside"]
    assert home.keys()["packed"] == before["packed"]
    beside.write_text(NETS, encoding="utf-8")
    (home.site / "toys-1.2.dist-info" / "METADATA").write_text(
        "Metadata-Version: 2.1\nName: toys\nVersion: 1.3\n", encoding="utf-8"
    )
    after = home.keys()
    # Of images their content counts: those of the new version are the same.
    assert after["beside"] == before["beside"] and after["packed"] != before["packed"]


def test_what_the_code_does_wrong_is_told(tmp_path: Path) -> None:
    home = Home(tmp_path)
    (tmp_path / "study" / "raising.py").write_text(
        "def net(width: int = 1):\n    raise ValueError(f'no width {width}')\n", encoding="utf-8"
    )
    told = home.ablate(
        *(
            ["plan", home.study, "--set", f"variants.beside={{family: '{family}', width: null}}"]
            for family in ("nets:wrong", "nets:nothing", "raising:net", "nets:smal", "toyy")
        )
    )
    assert [code for code, _, _ in told] == [2] * 5
    said = [err for _, _, err in told]
    assert "must give logits (2, 10) for images (2, 1, 8, 8), got (2, 3)" in said[0]
    assert "must return a torch.nn.Module, got null" in said[1]
    assert "raising:net: ValueError: no width 1" in said[2]
    assert "`nets:smal`: nets has no `smal`. Did you mean `small`?" in said[3]
    assert "Did you mean `toy`?" in said[4]
    told = home.ablate(
        *(
            [
                "plan",
                home.study,
                "--set",
                f"variants.packed.recipe.loss={{from: '{loss}', by: null}}",
            ]
            for loss in ("softely", "raising:net", "nets:softly")
        )
    )
    assert [(code, err.count("\n")) for code, _, err in told] == [(2, 1)] * 3
    said = [err for _, _, err in told]
    assert "packed.recipe.loss: must be one of softly, got 'softely'. Did you mean `s" in said[0]
    assert "recipe.loss: raising:net: ValueError: no width 1" in said[1]
    assert "packed.recipe.loss: `nets:softly`: nets has no `softly`" in said[2]
