"""Every file, command and script of the tutorials, in the order in which they stand."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import PATIENCE
from tests.photos import write_photos

ROOT = Path(__file__).parents[2]
TUTORIALS = {path.stem: path for path in (ROOT / "docs" / "tutorials").glob("*.md")}
# C10+ takes half an hour: its commands are tried at another price.
CHEAP = "--set data.limit=256 --set data.hold_out=256 --set recipe.epochs=1"
IN_PLACE = {
    "--profile cpu --download": f"--profile cpu {CHEAP} --as tried",
    "runs/c10_variants@cpu": "runs/tried",
}


def follow(name: str, folder: Path) -> str:
    """Does what the tutorial says, in a folder; what was printed. Fails where a command does."""
    text, printed = TUTORIALS[name].read_text(encoding="utf-8"), ""
    command = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    for language, block in re.findall(r"```(\w+)\n(.*?)```", text, flags=re.DOTALL):
        if language == "yaml":
            (study,) = re.findall(r"^name: (\w+)", block, flags=re.MULTILINE)
            (folder / f"{study}.yaml").write_text(block, encoding="utf-8")
            continue
        for written, tried in IN_PLACE.items() if name == "cifar10" else ():
            block = block.replace(written, tried)
        ended = subprocess.run(
            [sys.executable, "-"] if language == "python" else ["bash", "-e"],
            input=block,
            cwd=folder,
            env=os.environ | {"PATH": command, "COLUMNS": "100"},
            capture_output=True,
            text=True,
            timeout=PATIENCE,
        )
        assert ended.returncode == 0, f"{block}\n{ended.stdout}\n{ended.stderr}"
        printed += ended.stdout
    return printed


def test_all_are_followed() -> None:
    assert TUTORIALS.keys() == {"first_study", "search", "your_images", "cifar10"}


@pytest.mark.slow
def test_first_study(tmp_path: Path) -> None:
    printed = follow("first_study", tmp_path)
    assert "complete: 12 of 12 cells are done, trained 12" in printed
    assert "complete: 16 of 16 cells are done, trained 4" in printed
    assert (tmp_path / "best" / "model.safetensors").stat().st_size > 1000


@pytest.mark.slow
def test_search(tmp_path: Path) -> None:
    printed = follow("search", tmp_path)
    assert "12 of 12 trials" in printed and "14 of 14 trials" in printed


@pytest.mark.slow
def test_your_images(tmp_path: Path) -> None:
    write_photos(tmp_path / "images", "flowers")
    assert "complete: 4 of 4 cells are done" in follow("your_images", tmp_path)


@pytest.mark.slow
@pytest.mark.cifar10
def test_cifar10(tmp_path: Path) -> None:
    for name in ("studies", "docs"):
        (tmp_path / name).symlink_to(ROOT / name)
    assert "36 of 36 cells are done" in follow("cifar10", tmp_path)
