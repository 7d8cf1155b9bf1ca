"""Where the record of a run is to lie, which its folder says."""

from __future__ import annotations

from pathlib import Path

import pytest

from ablate.errors import RunFolderError
from ablate.records import Record, RunFolder
from ablate.records.placing import place_record
from ablate.storage import new_server
from tests.plans import write_plan
from tests.records.conftest import planned
from tests.storage.postgres import Postgres

pytestmark = pytest.mark.heavy


@pytest.fixture
def folder(tmp_path: Path, request: pytest.FixtureRequest, postgres: Postgres) -> RunFolder:
    """A run folder whose record is to be on the server; no other test has its name."""
    found = RunFolder(tmp_path / request.node.name)
    place_record(found, postgres.url)
    write_plan(found.path, planned("k1"))
    return found


def test_folders_that_do_not_share_one_are_told(folder: RunFolder, tmp_path: Path) -> None:
    Record.create(folder, "whatever")
    assert folder.server is not None
    elsewhere = RunFolder(tmp_path / "elsewhere" / folder.path.name)
    with pytest.raises(RunFolderError, match="is a run of another run folder"):
        place_record(elsewhere, folder.server.url)
    assert not elsewhere.path.exists()
    # Two that began at the same time.
    elsewhere.path.mkdir(parents=True)
    new_server(folder.server.url, folder.server.name).write(elsewhere.storage)
    with pytest.raises(RunFolderError, match="is a run of another run folder"):
        Record.create(elsewhere, "whatever")


def test_a_record_stays_where_it_is(folder: RunFolder, tmp_path: Path) -> None:
    with pytest.raises(RunFolderError, match=r"its record is .* leave --storage out"):
        place_record(folder, "postgresql://elsewhere/ablate")
    of_file = RunFolder(tmp_path / "file")
    of_file.path.mkdir()
    write_plan(of_file.path, planned("k1"))
    Record.create(of_file, "tiny")
    with pytest.raises(RunFolderError, match=r"its record is a file, study\.db, and stays one"):
        place_record(of_file, "postgresql://elsewhere/ablate")


def test_what_confirms_is_where_the_run_is(folder: RunFolder) -> None:
    folder.study.write_text("name: x")
    place_record(folder.confirmation, None)
    found, run = folder.confirmation.server, folder.server
    assert found and run and (found.url, found.name) == (run.url, f"{run.name}/confirm")
