"""Fixtures that more than one room needs."""

from __future__ import annotations

import gc
import os
import shutil
import sys
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from filelock import FileLock

import ablate
from ablate.errors import SpecError
from ablate.study import Study, load_study
from tests import tiers

if find_spec("hypothesis"):  # a machine that is lent for its GPU runs the tests of that alone
    import hypothesis

    # The same examples every time, however busy the machine is; more of them in .ci/full.
    hypothesis.settings.register_profile(
        "ablate",
        max_examples=int(os.environ.get("ABLATE_EXAMPLES", "40")),
        derandomize=True,
        deadline=None,
        database=None,
    )
    hypothesis.settings.load_profile("ablate")

if "PYTEST_XDIST_WORKER" in os.environ:
    # Processes of tests side by side, and those they start, have a core each.
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    os.environ.setdefault("LOKY_MAX_CPU_COUNT", "1")  # counts are not dealt to more processes

# Tests make hundreds of databases, each change of which waits for a disk; memory is none.
IN_MEMORY = Path("/dev/shm")
if IN_MEMORY.is_dir() and shutil.disk_usage(IN_MEMORY).free >= 4 << 30:
    os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", str(IN_MEMORY))

PATIENCE = 900  # seconds for what takes some: a hang is a failure, a busy machine is none
TINY_STUDY = """\
name: tiny
question: Does it run?
data: {dataset: digits, limit: 120, hold_out: 60}
recipe: {epochs: 2, schedule: one_cycle, lr: 0.05, batch_size: 32}
baseline: plain
variants:
  plain: {family: densenet, growth_rate: 4, stem_channels: 4, sweep: {depth: [7]}}
  bc:
    family: densenet
    growth_rate: 4
    bottleneck_width: 2
    compression: 0.5
    stem_channels: 4
    sweep: {depth: [10]}
seeds: [0, 1]
profiles:
  long: {recipe: {epochs: 40}}
"""


SMALL: dict[str, Any] = {
    "name": "small",
    "data": {"dataset": "cifar10", "augment": True},
    "recipe": {"epochs": 2},
    "baseline": "A",
    "variants": {"A": {"family": "densenet", "depth": 22}},
}


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Under `-m unit`, what may load torch, or draws, is not even imported."""
    tests = collection_path.is_dir() or collection_path.match("test_*.py")
    return (
        True if tiers.is_unit_run(config) and tests and not tiers.is_unit(collection_path) else None
    )


def pytest_itemcollected(item: pytest.Item) -> None:
    tiers.mark(item)


def pytest_collection_finish() -> None:
    """What was imported stays: no collection of garbage looks through it again."""
    gc.collect()
    gc.freeze()


@pytest.fixture(autouse=True, scope="session")
def _nothing_heavy(request: pytest.FixtureRequest) -> None:
    if tiers.is_unit_run(request.config):
        tiers.forbid_heavy()


@pytest.fixture(autouse=True, scope="session")
def _own_cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Counts are cached in the session's folder, not in the user's, by fixtures of modules too."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ABLATE_CACHE", str(of_every_process(tmp_path_factory) / "cache"))
        yield


def of_every_process(factory: pytest.TempPathFactory) -> Path:
    """The session's folder: what one process of tests has made, the others need not."""
    own = factory.getbasetemp()
    return own.parent if "PYTEST_XDIST_WORKER" in os.environ else own


def made_once(factory: pytest.TempPathFactory, name: str, make: Callable[[Path], None]) -> Path:
    """A copy, of this process alone, of the folder that one process has filled by `make`."""
    shared = of_every_process(factory) / name
    with FileLock(f"{shared}.lock"):
        if not shared.exists():
            begun = factory.mktemp("begun")
            make(begun)
            begun.rename(shared)
    return Path(shutil.copytree(shared, factory.mktemp("copied") / name))


@pytest.fixture(scope="session")
def finished_tiny(tmp_path_factory: pytest.TempPathFactory, _own_cache: None) -> Path:
    """The tiny study as `tiny.yaml` and, beside it, its finished run, `runs/tiny`: to be copied."""

    def make(home: Path) -> None:
        study = home / "tiny.yaml"
        study.write_text(TINY_STUDY, encoding="utf-8")
        assert ablate.run(study, runs=home / "runs", devices=["cpu"], jobs=0).is_complete

    return made_once(tmp_path_factory, "finished_tiny", make)


@pytest.fixture(scope="session")
def finished_by_two(tmp_path_factory: pytest.TempPathFactory, _own_cache: None) -> Path:
    """The same by the command, with two workers; what it printed lies beside as `output`."""
    import subprocess  # here, so that a module which runs no such study may be `unit`

    def make(home: Path) -> None:
        (home / "tiny.yaml").write_text(TINY_STUDY, encoding="utf-8")
        done = subprocess.run(
            [sys.executable, "-m", "ablate", "run", "tiny.yaml", "--jobs", "2"],
            cwd=home,
            capture_output=True,
            text=True,
            env=os.environ | {"NO_COLOR": "1"},
            check=False,
        )
        assert (done.returncode, done.stderr) == (0, "")
        (home / "output").write_text(done.stdout, encoding="utf-8")

    return made_once(tmp_path_factory, "finished_by_two", make)


@pytest.fixture
def tiny_study(tmp_path: Path) -> Path:
    """A study file of four cells that train in seconds."""
    path = tmp_path / "tiny.yaml"
    path.write_text(TINY_STUDY, encoding="utf-8")
    return path


@pytest.fixture
def study() -> Callable[..., Study]:
    """`study(seeds=[0, 1], profile="p")`: the small study with other top-level keys."""

    def load(*, profile: str = "", sets: tuple[str, ...] = (), **changes: Any) -> Study:
        return load_study({**SMALL, **changes}, profile=profile, sets=sets)

    return load


@pytest.fixture
def messages(study: Callable[..., Study]) -> Callable[..., list[str]]:
    """`messages(seeds=[])`: the faults of the small study so changed, as `key: message`."""

    def load(**changes: Any) -> list[str]:
        with pytest.raises(SpecError) as caught:
            study(**changes)
        return [f"{fault.key}: {fault.message}" for fault in caught.value.faults]

    return load


@pytest.fixture
def file_messages(tmp_path: Path) -> Callable[..., list[str]]:
    """`file_messages(text)`: the faults of a study file of that text, less its folder."""

    def load(text: str, **options: Any) -> list[str]:
        path = tmp_path / "s.yaml"
        path.write_text(text, encoding="utf-8")
        with pytest.raises(SpecError) as caught:
            load_study(path, **options)
        return str(caught.value).replace(f"{tmp_path}/", "").splitlines()

    return load


@pytest.fixture(scope="module")
def postgres() -> Iterator[Any]:
    """A PostgreSQL server that runs; PGPASSWORD is that of its user."""
    from tests.storage.postgres import PASSWORD, Postgres, why_not

    if reason := why_not():
        pytest.skip(reason)
    # Not pytest's folder, which every session closes to other users, as the server's is one.
    with TemporaryDirectory(prefix="ablate-postgres-") as folder, pytest.MonkeyPatch.context() as p:
        Path(folder).chmod(0o755)
        server = Postgres(Path(folder) / "server")
        server.start()
        p.setenv("PGPASSWORD", PASSWORD)
        yield server
        server.stop()
