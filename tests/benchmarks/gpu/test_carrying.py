"""What is carried: all that is lacking, and no more than a call may weigh."""

from __future__ import annotations

import re
from importlib.metadata import PackageNotFoundError, requires
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from benchmarks.gpu import carrying

PINS = {
    canonicalize_name(name): version
    for name, version in re.findall(
        r"^([\w.-]+)==([\d.]+)$", carrying.REQUIREMENTS.read_text(encoding="utf-8"), re.MULTILINE
    )
}
# What is said to be on the machine.
THERE = ("torch", "torchvision", "pandas", "scipy", "scikit-learn", "seaborn", "joblib", "rich")
THERE += ("pytest",)
# Also there; but what it needs changed with its versions, so that this says nothing of it.
TYPER = {"typer", "click", "shellingham", "annotated-doc"}


def needs(name: str) -> list[Requirement]:
    """Of a package as it is here, extras left out."""
    try:
        found = [Requirement(line) for line in requires(name) or ()]
    except PackageNotFoundError:  # only on other systems
        return []
    extra = {"extra": ""}
    return [need for need in found if not need.marker or need.marker.evaluate(extra)]


def closure(names: list[str], *, without: set[str]) -> set[str]:
    found: set[str] = set()
    left = [canonicalize_name(name) for name in names]
    while left:
        name = left.pop()
        if name not in found | without:
            found.add(name)
            left += [canonicalize_name(need.name) for need in needs(name)]
    return found


def test_all_that_the_machine_lacks_is_named() -> None:
    there = closure(list(THERE), without=TYPER) | TYPER
    lacking = closure(["ablate-nn"], without=there) - {"ablate-nn"}
    assert {"optuna", "sqlalchemy", "pydantic-core", "ruamel-yaml"} <= lacking
    # Optional where they are needed at all: SQLite goes without, and so does YAML.
    assert lacking - set(PINS) <= {"greenlet", "ruamel-yaml-clib"}


def test_the_versions_are_those_that_we_ask_for() -> None:
    wrong = [
        str(need)
        for need in needs("ablate-nn")
        if (pin := PINS.get(canonicalize_name(need.name))) and not need.specifier.contains(pin)
    ]
    assert not wrong


def test_images_are_halved_by_weight(tmp_path: Path) -> None:
    for name, size in {"a": 90, "b": 100, "c": 95, "d": 1, "e": 85}.items():
        (tmp_path / name).write_bytes(b"x" * 1024 * size)
    parts = carrying.halves(tmp_path.iterdir())
    assert sorted(path.name for part in parts for path in part) == list("abcde")
    assert abs(carrying.size_of(parts[0]) - carrying.size_of(parts[1])) <= 20 * 1024


@pytest.fixture
def pip(monkeypatch: pytest.MonkeyPatch) -> list[tuple[object, ...]]:
    """What pip was asked; each time it leaves a file of a MiB."""
    asked: list[tuple[object, ...]] = []

    def run(*arguments: object) -> None:
        asked.append(arguments)
        folder = Path(str(arguments[-1]))
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"{arguments[0]}.whl").write_bytes(b"x" * 2**20)

    monkeypatch.setattr(carrying, "pip", run)
    monkeypatch.setattr(carrying, "clone_files", lambda: [Path(__file__)])
    return asked


def test_a_folder_to_carry(
    tmp_path: Path, pip: list[tuple[object, ...]], capsys: pytest.CaptureFixture[str]
) -> None:
    images, folder = tmp_path / "images", tmp_path / "carried"
    images.mkdir()
    for number in range(4):
        (images / f"{number}.webp").write_bytes(b"x" * 2**20)
    (tmp_path / "unpack.py").write_text("pass", encoding="utf-8")
    carrying.collect(folder, images, tmp_path / "unpack.py")
    assert [arguments[0] for arguments in pip] == ["download", "download", "wheel"]
    assert "manylinux_2_28_x86_64" in pip[0] and "3.12" in pip[0]
    assert "any" in pip[1] and f"SQLAlchemy=={PINS[canonicalize_name('SQLAlchemy')]}" in pip[1]
    kept = [{path.name for path in (folder / f"images-{n}").iterdir()} for n in (1, 2)]
    assert "unpack.py" in kept[0] and len(kept[0]) == 3 and len(kept[1]) == 2
    said = capsys.readouterr().out.splitlines()
    assert said[1] == "call 2: clone 0.0 MiB, wheels 2.0 MiB, images 2.0 MiB; in all 4.0 MiB"


def test_a_wheel_with_compiled_parts_makes_room_for_the_pure_one(
    tmp_path: Path, pip: list[tuple[object, ...]]
) -> None:
    wheels = [tmp_path / f"{name}-1-cp312.whl" for name in ("sqlalchemy", "pyyaml")]
    for wheel in wheels:
        wheel.touch()
    carrying.download(tmp_path, carrying.TARGET)
    assert [wheel.exists() for wheel in wheels] == [False, True]


def test_too_heavy_a_call_is_refused(
    tmp_path: Path, pip: list[tuple[object, ...]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(carrying, "MOST_BYTES", 2**20)
    with pytest.raises(SystemExit, match=r"call 1: must weigh <= 1\.0 MiB"):
        carrying.collect(tmp_path)


def test_parts_of_the_images_come_together(tmp_path: Path) -> None:
    for number in (1, 2):
        (tmp_path / f"images-{number}").mkdir()
        (tmp_path / f"images-{number}" / f"{number}.webp").write_bytes(b"x")
        carrying.keep_images(tmp_path / f"images-{number}", tmp_path / "keep")
    assert {path.name for path in (tmp_path / "keep").iterdir()} == {"1.webp", "2.webp"}


@pytest.mark.heavy
def test_the_clone_is_light() -> None:
    files = carrying.clone_files()
    assert Path(__file__) in files and not any("old_runs" in path.parts for path in files)
    # Half of CIFAR-10 weighs 48.9 MiB, the wheels 7.7, a call 64 at most, each with its headers.
    assert carrying.size_of(files) < 6 * 2**20


def test_a_file_weighs_what_an_archive_of_it_does(tmp_path: Path) -> None:
    for name, size in {"a": 0, "b": 512, "c": 513}.items():
        (tmp_path / name).write_bytes(b"x" * size)
    assert carrying.size_of(tmp_path.iterdir()) == 512 * (1 + 2 + 3)
