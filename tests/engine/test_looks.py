"""Whatever is evaluated on a test set is a look at it, told wherever its errors are."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import ablate
from ablate import claims, exporting
from ablate.cli import main
from ablate.errors import RunFolderError, Stopped
from ablate.ledger import looks

ON_TEST = """\
name: tested
data: {dataset: digits, limit: 120, evaluate: test}
recipe: {epochs: 1, schedule: one_cycle, lr: 0.05, batch_size: 32}
baseline: plain
variants:
  plain: {family: densenet, depth: 7, growth_rate: 4, stem_channels: 4}
seeds: [0, 1]
"""


@pytest.fixture
def study(tmp_path: Path) -> Path:
    path = tmp_path / "tested.yaml"
    path.write_text(ON_TEST, encoding="utf-8")
    return path


def stopping_at(kind: str, number: int) -> Callable[[dict[str, Any]], None]:
    """What stops a run at the event of this kind that is so many."""
    events: list[str] = []

    def stop(event: dict[str, Any]) -> None:
        events.append(event["kind"])
        if events.count(kind) == number:
            raise Stopped("stopped here")

    return stop


def test_a_study_on_the_test_set_is_a_look_under_each_of_its_names(
    study: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    runs = tmp_path / "runs"
    for number in (2, 1):  # once a cell is done, then again
        with pytest.raises(Stopped):
            ablate.run(study, runs=runs, jobs=0, on_event=stopping_at("start", number))
    (begun,) = looks(runs / "tested", []).all
    assert len(begun.errors) == 1 and len(begun.keys) == 2
    for _ in range(2):
        assert ablate.run(study, runs=runs, jobs=0).is_complete
    (look,) = looks(runs / "tested", []).all
    cells = ablate.results(runs / "tested")
    assert dict(look.errors) == dict(zip(cells["key"], cells["error"], strict=True))
    assert (look.verb, look.data_sha256) == ("run", cells["data_sha256"].iloc[0])

    again = ablate.run(study, runs=runs, name="tested-2", jobs=0)
    assert (again.trained, again.taken_over) == (0, 2)
    found = looks(runs / "tested", [])
    assert (len(found), found.networks, found.runs) == (2, 2, ("tested", "tested-2"))
    assert dict(found.all[1].errors) == dict(look.errors)

    # More seeds are another look of that run.
    more = ablate.load_study(study, sets=["seeds=[0, 1, 2]"])
    assert ablate.run(more, runs=runs, jobs=0).trained == 1
    found = looks(runs / "tested", [])
    assert [len(look.keys) for look in found.all] == [2, 2, 1]

    said = "the test set was looked at 3 times (3 networks, for 2 runs: tested, tested-2), last on"
    assert said in claims.compared(runs / "tested-2").notes[-1]
    card = exporting.export(runs / "tested", "plain", tmp_path / "out") / "README.md"
    assert said.capitalize().split("(")[0] in card.read_text(encoding="utf-8")
    with pytest.raises(SystemExit):
        main(["status", str(runs / "tested")])
    assert said in " ".join(capsys.readouterr().out.split())
    with pytest.raises(SystemExit):
        main(["status", str(runs / "tested"), "--json"])
    told = json.loads(capsys.readouterr().out)
    assert (told["test_looks"], told["test_networks"]) == (3, 3)
    assert told["test_runs"] == ["tested", "tested-2"]


def test_nothing_is_evaluated_where_no_look_can_be_written(study: Path, tmp_path: Path) -> None:
    runs = tmp_path / "runs"
    runs.mkdir()
    (runs / "_test_looks").write_text("no folder", encoding="utf-8")
    with pytest.raises(RunFolderError, match="looks at the test set are counted there"):
        ablate.run(study, runs=runs, jobs=0)
    assert not list(runs.glob("*/cells/*"))


def test_what_was_chosen_under_two_names_is_confirmed_by_two_looks(
    finished_tiny: Path, tmp_path: Path
) -> None:
    runs = Path(shutil.copytree(finished_tiny / "runs", tmp_path / "runs"))
    ablate.confirm(runs / "tiny", "plain", seeds=1, jobs=0)
    again = ablate.run(finished_tiny / "tiny.yaml", runs=runs, name="tiny-2", jobs=0)
    assert again.taken_over == 4
    first = looks(runs / "tiny-2", ablate.results(runs / "tiny-2")["data_sha256"])
    assert (len(first), first.runs) == (1, ("tiny",))
    ablate.confirm(runs / "tiny-2", "plain", seeds=1, jobs=0)
    found = looks(runs / "tiny", [])
    assert (len(found), found.networks, found.runs) == (2, 1, ("tiny", "tiny-2"))
    (one, two) = found.all
    assert one.keys == two.keys and one.verb == two.verb == "confirm"
    (chosen,) = one.chosen
    table = ablate.results(runs / "tiny").query("variant == 'plain'")
    assert chosen["error"] == pytest.approx(table["error"].mean())
    assert list(chosen["keys"]) == table["key"].tolist()
