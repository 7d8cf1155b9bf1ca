"""Every `ablate` command of README and the guides is typed, on a small study of the same names."""

from __future__ import annotations

import re
import shlex
import shutil
from pathlib import Path

import pytest

from ablate.cli import main

ROOT = Path(__file__).parents[2]
PAGES = {path.stem: path for path in [ROOT / "README.md", *(ROOT / "docs").glob("*.md")]}
RECIPE = "{epochs: 2, schedule: one_cycle, lr: 0.05, batch_size: 64}"
GROWTH = f"""
name: growth
question: Is it better to grow wide or to grow deep?
data: {{dataset: digits, limit: 200, hold_out: 60}}
recipe: {RECIPE}
baseline: deep
variants:
  deep: {{family: densenet, growth_rate: 4, sweep: {{depth: [7, 10]}}}}
  wide: {{family: densenet, growth_rate: 6, sweep: {{depth: [7, 10]}}}}
seeds: [0, 1]
profiles: {{quick: {{recipe: {{epochs: 1}}, seeds: [0]}}}}
"""
SEARCH = f"""
name: search
question: Which is the best small network?
data: {{dataset: digits, limit: 100, hold_out: 60}}
recipe: {RECIPE}
space: {{family: densenet, depth: 7, growth_rate: {{int: [2, 6]}}, dropout: {{float: [0.0, 0.3]}}}}
sampler: {{name: random, seed: 0}}
objectives: {{error: minimize, params: minimize}}
budget: {{trials: 20}}
"""
# Commands that are answered by what is not here, and the tests that have it.
ELSEWHERE = {
    "ablate compare runs/growth --published": "tests/cli/test_compare.py",  # papers have no digits
    "ablate measure runs/growth": "tests/cli/test_measure.py",  # nothing else may run
    "ablate dashboard runs/growth": "tests/cli/test_dashboard.py",
    "ablate run growth.yaml --log lines:Lines": "tests/docs/test_watching.py",
    "ablate run growth.yaml --runs /shared/runs --storage "
    "postgresql+psycopg://ada@db.example/ablate": "tests/storage/test_runs.py",
    "ablate run studies/fig3.yaml --devices-per-cell 4": "tests/engine/test_ranks.py",
    "ablate run big.yaml --devices cpu --devices-per-cell 2 --jobs 1": "tests/engine/test_ranks.py",
}
IN_PLACE = {
    "ablate init growth": "ablate init another",  # which would be there already
    "ablate confirm runs/search": "ablate confirm runs/search best knee trial-17",
}


def commands(page: Path) -> list[str]:
    """What a page says to type of ours, in order."""
    text = page.read_text(encoding="utf-8")
    found = re.findall(r"```sh\n(.*?)```|^\| `(ablate [^`]*)` \|", text, re.DOTALL | re.MULTILINE)
    lines = [line for block, cell in found for line in (block or cell).splitlines()]
    typed = [re.split(r"\s+#\s|\s*>\s", line)[0].strip() for line in lines]
    return [line for line in typed if line.startswith("ablate ")]


def run(command: str) -> int:
    """Type it; the exit code."""
    with pytest.raises(SystemExit) as caught:
        main(shlex.split(command)[1:])
    return int(caught.value.code or 0)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where commands are typed: studies, and their finished runs."""
    folder = tmp_path_factory.mktemp("guides")
    (folder / "studies").symlink_to(ROOT / "studies")
    for name, study in (("growth", GROWTH), ("search", SEARCH)):
        (folder / f"{name}.yaml").write_text(study, encoding="utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        for study in ("growth.yaml", "growth.yaml --profile quick", "search.yaml"):
            assert run(f"ablate run {study} --devices cpu --jobs 0") == 0
        assert (
            run("ablate run studies/quickstart.yaml --profile smoke --as quickstart --jobs 0") == 0
        )
    shutil.copytree(folder / "runs" / "search", folder / "runs" / "a-search")
    return folder


@pytest.mark.slow
@pytest.mark.parametrize("page", sorted(name for name, path in PAGES.items() if commands(path)))
def test_every_command_does_what_it_says(
    page: str, home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for package in ("tensorboard", "wandb") if page == "watching" else ():
        pytest.importorskip(package, reason=f"needs the extra ablate-nn[{package}]")
    monkeypatch.setenv("WANDB_MODE", "offline")
    shutil.copytree(home, tmp_path / "home", symlinks=True)
    monkeypatch.chdir(tmp_path / "home")
    for command in commands(PAGES[page]):
        if command in ELSEWHERE:
            continue
        command = IN_PLACE.get(command, command)
        if " studies/" in command:  # hours
            command += " --dry-run"
        assert run(command) == 0, command


def test_what_is_tried_elsewhere_is_still_told() -> None:
    told = {command for path in PAGES.values() for command in commands(path)}
    assert told >= ELSEWHERE.keys() | IN_PLACE.keys() and len(told) > 40
    assert all((ROOT / path).is_file() for path in ELSEWHERE.values())
