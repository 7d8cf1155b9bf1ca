"""What is carried to a machine without network: wheels, ablate's own among them, and images."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

from benchmarks.gpu.stages import ROOT, Stage, Stages

REQUIREMENTS = Path(__file__).with_name("requirements-gpu.txt")
MOST_BYTES = 64 * 2**20  # of a call: the clone's files and what is carried beside them
# pip takes a platform by its exact name.
PLATFORMS = [f"manylinux_2_{glibc}_x86_64" for glibc in (28, 27, 24, 17, 12, 5)]
PLATFORMS += [f"manylinux{year}_x86_64" for year in (2014, 2010, 1)]
BLOCK = 512  # of a tar file
NEEDLESS = ("docs", "studies/results", "tests/old_runs")  # there; removed while a call is made
PURE = ("SQLAlchemy",)  # weighs less than half without its compiled parts, which are only quicker
TARGET = (
    *("--python-version", "3.12", "--implementation", "cp"),
    *(part for platform in PLATFORMS for part in ("--platform", platform)),
)


def collect(folder: Path, images: Path | None = None, unpack: Path | None = None) -> None:
    """Fill `folder` with `wheels`, and with `images-1` and `images-2`, and say what a call weighs.

    Images are halved by weight; `unpack`, the script that makes a dataset of them, goes with the
    first. Raises CalledProcessError where pip fails, SystemExit where a call would be too heavy.
    """
    wheels = folder / "wheels"
    shutil.rmtree(wheels, ignore_errors=True)
    download(wheels, TARGET)
    own_wheel(wheels)
    parts: list[list[Path]] = [[], []]
    if images is not None:
        parts = halves([path for path in images.iterdir() if path.is_file()])
        parts[0] += [unpack] if unpack else []
    carried = [size_of(clone_files()), size_of(wheels.iterdir())]
    for number, part in enumerate(parts, 1):
        shutil.rmtree(folder / f"images-{number}", ignore_errors=True)
        for path in part:
            copy = folder / f"images-{number}" / path.name
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, copy)
        own = [*carried, size_of(part)]
        print(weight(f"call {number}", own), flush=True)
        if sum(own) > MOST_BYTES:
            raise SystemExit(f"call {number}: must weigh <= {mib(MOST_BYTES)}")


def download(wheels: Path, target: Iterable[str] = (), *, source: Path | None = None) -> None:
    """Wheels of the requirements for a `target`, else for this interpreter; from `source` alone."""
    where = ("--no-index", "--find-links", source) if source else ()
    pip("download", "--no-deps", "--only-binary=:all:", *target, *where, "-r", REQUIREMENTS, wheels)
    if source is None:
        for line in REQUIREMENTS.read_text(encoding="utf-8").splitlines():
            if line.startswith(PURE):
                _download_pure(wheels, line)


def _download_pure(wheels: Path, requirement: str) -> None:
    """A requirement's wheel for every machine, in place of the one that is there."""
    name = requirement.partition("==")[0].lower()
    for wheel in wheels.iterdir():
        if wheel.name.lower().startswith(f"{name}-"):
            wheel.unlink()
    kind = ("--python-version", "3.12", "--implementation", "py", "--abi", "none")
    where = ("--platform", "any", "--only-binary=:all:", "--no-deps")
    pip("download", *where, *kind, requirement, wheels)


def own_wheel(wheels: Path) -> None:
    """ablate's: a version is read off what is installed."""
    pip("wheel", "--no-deps", ROOT, wheels)


def pip(command: str, *arguments: object) -> None:
    """The last argument is the folder that wheels go to."""
    *given, folder = map(str, arguments)
    quiet = ("-q", "--disable-pip-version-check")
    command_line = [sys.executable, "-m", "pip", command, *quiet, *given]
    subprocess.run([*command_line, "--dest" if command == "download" else "-w", folder], check=True)


def install(stages: Stages, wheels: Path, site: Path) -> int | None:
    """Wheels -> a folder to import from; nothing is fetched, and nothing else is touched."""
    how = ("-q", "--no-index", "--no-deps", "--no-compile", "--no-cache-dir", "--upgrade")
    found = sorted(map(str, wheels.glob("*.whl")))
    command = (sys.executable, "-m", "pip", "install", *how, "--target", str(site), *found)
    return stages.run(Stage("install", 60, command))


def keep_images(given: Path, keep: Path) -> None:
    """The files of a folder join those of the call before."""
    keep.mkdir(parents=True, exist_ok=True)
    for path in sorted(given.iterdir()):
        shutil.copyfile(path, keep / path.name)


def halves(files: Iterable[Path]) -> list[list[Path]]:
    """Files in two parts of much the same weight."""
    parts: list[list[Path]] = [[], []]
    for path in sorted(files, key=lambda path: (-path.stat().st_size, path.name)):
        min(parts, key=size_of).append(path)
    return parts


def clone_files() -> list[Path]:
    """What has to travel of the clone: of what git knows, and does not ignore, all but NEEDLESS."""
    command = ["git", "-C", str(ROOT), "ls-files", "-co", "--exclude-standard", "-z"]
    listed = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    names = [name for name in listed.split("\0") if name]
    paths = [ROOT / name for name in names if not any(map(Path(name).is_relative_to, NEEDLESS))]
    return [path for path in paths if path.is_file()]


def size_of(paths: Iterable[Path]) -> int:
    """Bytes of files as an archive carries them: each with a header, in whole blocks."""
    return sum(BLOCK * (1 + -(-path.stat().st_size // BLOCK)) for path in paths)


def weight(title: str, sizes: list[int]) -> str:
    """A line: of the clone, wheels and images, and in all."""
    parts = zip(("clone", "wheels", "images"), map(mib, sizes), strict=True)
    return f"{title}: {', '.join(f'{n} {s}' for n, s in parts)}; in all {mib(sum(sizes))}"


def mib(size: int) -> str:
    """`12.3 MiB`."""
    return f"{size / 2**20:.1f} MiB"
