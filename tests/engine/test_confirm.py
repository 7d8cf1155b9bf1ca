"""The chosen again on all training images: what is trained, what is remembered, what it resumes."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import ablate
from ablate import analysis, claims, engine, exporting
from ablate.claims import Chosen
from ablate.engine.confirm import _notes, confirming_study, fresh_seeds
from ablate.errors import HolesError, MissingDataError, RunFolderError, Stopped, UsageError
from ablate.ledger import looks
from tests.plans import plan_in

ARCHITECTURE = {"family": "densenet", "depth": 7, "growth_rate": 4, "dropout": 0.0}


def chosen(variant: str = "A", way: str = "best", source: str = "A") -> Chosen:
    return Chosen(variant, (way,), f"by {way}", source, {}, (f"key-{variant}",), 5.0, None, None)


def document(recipe: dict[str, Any], **data: Any) -> dict[str, Any]:
    return {
        "architecture": ARCHITECTURE,
        "recipe": recipe,
        "data": {"dataset": "digits", **data},
        "seed": 0,
    }


def test_fresh_seeds_were_not_used_for_choosing() -> None:
    assert fresh_seeds({0, 1}, (), 3) == (1000, 1001, 1002)
    assert fresh_seeds({0, 1001}, (), 3) == (1000, 1002, 1003)
    assert fresh_seeds({0}, (1000, 1001), 3) == (1000, 1001, 1002)
    assert fresh_seeds({0}, (1000, 1001), 1) == (1000, 1001)


def test_nothing_is_held_out_or_left_out() -> None:
    whole = document({"epochs": 2}, limit=120, hold_out=60, split_seed=3, augment=True)
    study = confirming_study({"study": "s", "baseline": "A"}, [chosen()], {"A": whole}, (1000,))
    assert study.tree.plain()["data"] == {"dataset": "digits", "augment": True, "evaluate": "test"}
    (cell,) = study.cells()
    assert cell.cell.data.train_count(cell.cell.facts) == cell.cell.facts.train_images
    assert (study.name, cell.seed, cell.cell.split) == ("s-confirm", 1000, "test")


def test_the_published_numbers_of_the_run_stand_beside_what_is_confirmed() -> None:
    on = {"A": {**document({"epochs": 2}), "data": {"dataset": "cifar10", "augment": True}}}
    head = {"study": "s", "baseline": "A", "published": "table2"}
    study = confirming_study(head, [chosen()], on, (1000,))
    assert ablate.plan(study).document()["published"] == "table2"
    del head["published"]
    study = confirming_study(head, [chosen()], on, (1000,))
    assert "published" not in ablate.plan(study).document()


def test_a_recipe_that_picks_its_epoch_keeps_its_hold_out() -> None:
    svhn = {"preset": "densenet-2017-svhn", "epochs": 40}
    data = {"hold_out": 600, "split_seed": 3, "limit": 900, "dataset": "svhn"}
    documents = {"A": {**document(svhn), "data": data}}
    study = confirming_study({"study": "s", "baseline": ""}, [chosen()], documents, (7,))
    (cell,) = (found.cell for found in study.cells())
    assert cell.picks and cell.split == "test"
    assert (cell.data.hold_out, cell.data.split_seed, cell.data.limit) == (600, 3, None)
    assert _notes(documents.values()) == (
        "as many images are held out as before: they pick the epoch, at which the test set is "
        "looked at",
        "the run's limit of 900 images is lifted",
    )
    documents["A"]["recipe"] = {**svhn, "report": "last"}
    study = confirming_study({"study": "s", "baseline": ""}, [chosen()], documents, (7,))
    assert study.file.data.hold_out is None
    assert _notes(documents.values())[0] == ("trained on all training images, nothing is held out")


def test_each_has_the_recipe_that_it_was_chosen_with() -> None:
    recipes = {"A": {"epochs": 2, "lr": 0.1, "optimizer": "sgd"}, "B": {"epochs": 2, "lr": 0.2}}
    documents = {name: document(recipe) for name, recipe in recipes.items()}
    both = [chosen("A"), chosen("B")]
    study = confirming_study({"study": "s", "baseline": ""}, both, documents, (1, 2))
    plain = study.tree.plain()["variants"]
    assert "recipe" not in plain["A"]
    assert plain["B"]["recipe"] == {"optimizer": None, "lr": 0.2}
    assert [cell.cell.recipe.lr for cell in study.cells()] == [0.1, 0.1, 0.2, 0.2]


def test_the_baseline_is_the_runs_where_it_was_chosen() -> None:
    documents = {name: document({"epochs": 2}) for name in ("A d=7", "B")}
    both = [chosen("B", source="B"), chosen("A d=7", source="A")]
    head = {"study": "s", "baseline": "A"}
    assert confirming_study(head, both, documents, (1,)).file.baseline == "A d=7"
    assert confirming_study({**head, "baseline": ""}, both, documents, (1,)).file.baseline == "B"


@pytest.fixture
def run(finished_tiny: Path, tmp_path: Path) -> Path:
    """A copy of the finished run, free to be confirmed."""
    return Path(shutil.copytree(finished_tiny / "runs" / "tiny", tmp_path / "tiny"))


def stopping_at_first(kind: str) -> Callable[[dict[str, Any]], None]:
    def stop(event: dict[str, Any]) -> None:
        if event["kind"] == kind:
            raise Stopped("stopped here")

    return stop


def test_a_look_is_counted_once_however_often_it_is_stopped(run: Path) -> None:
    for kind in ("start", "end"):
        with pytest.raises(Stopped):
            ablate.confirm(run, "plain", seeds=2, jobs=0, on_event=stopping_at_first(kind))
        assert len(looks(run, [])) == 1
    summary = ablate.confirm(run, "plain", seeds=2, jobs=0)
    assert (summary.folder, summary.states, summary.is_complete) == (
        run / "confirm",
        {"done": 2},
        True,
    )
    again = ablate.confirm(run, "plain", seeds=2, jobs=0)
    assert again.trained == 0
    (look,) = looks(run, []).all
    table = ablate.results(run / "confirm")
    assert (look.variants, look.seeds) == (("plain depth=7",), (1000, 1001))
    assert look.keys == tuple(table["key"])
    assert table["split"].unique().tolist() == ["test"]
    result = json.loads((run / "confirm/cells" / look.keys[0] / "result.json").read_text("utf-8"))
    assert look.data_sha256 == result["data_sha256"]
    assert dict(look.errors) == dict(zip(table["key"], table["error"], strict=True))
    assert looks(run / "confirm", []).all == (look,)


def test_another_choice_is_another_look_and_the_first_stays_in_sight(run: Path) -> None:
    ablate.confirm(run, "plain", seeds=1, jobs=0)
    asked = engine.confirmation(run, ("bc", "best"), seeds=1)
    assert asked.notes[-1].startswith("look 2 at this test set: ")
    assert [c["variant"] for c in asked.plan.chosen] == ["plain depth=7", "bc depth=10"]
    assert not ablate.confirm(asked, jobs=0).reasons
    assert [look.variants for look in looks(run, []).all] == [
        ("plain depth=7",),
        ("bc depth=10",),
    ]
    more = ablate.confirm(run, "plain", seeds=2, jobs=0)
    assert more.states == {"done": 4}
    assert looks(run, []).all[2].seeds == (1001,)


def test_what_is_confirmed_by_default(run: Path) -> None:
    asked = engine.confirmation(run)
    choice, _ = analysis.choose(analysis.trained(run), "best")
    best = choice.keys[0]
    ways = {c["variant"]: c["chosen_as"] for c in asked.plan.chosen}
    assert "baseline" in ways["plain depth=7"]
    assert asked.plan.chosen[0]["keys"][0] == best
    assert len(asked.plan.cells) == 3 * len(ways)
    assert asked.notes == (
        "trained on all training images, nothing is held out",
        "the run's limit of 120 images is lifted",
    )
    by_key = engine.confirmation(run, best[:9], where=()).plan.chosen
    assert [(c["chosen_as"], len(c["keys"])) for c in by_key] == [((best[:8],), 2)]


def test_conditions_hold_for_what_is_confirmed(run: Path) -> None:
    asked = engine.confirmation(run, "best", where="depth == 10")
    assert [c["variant"] for c in asked.plan.chosen] == ["bc depth=10"]
    assert asked.plan.chosen[0]["how"].endswith("where depth == 10")


def test_an_unfinished_run_is_told(run: Path) -> None:
    study = ablate.load_study(run / "study.yaml", sets=["seeds=[0, 1, 2]"])
    from ablate.records import prepare_folder

    prepare_folder(ablate.plan(study), run)
    note = "2 cells of the run are not finished, so the choice may change"
    assert engine.confirmation(run, "plain").notes[-1] == note


def test_nothing_is_written_for_a_confirmation_that_cannot_begin(
    run: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = sorted(path.name for path in run.iterdir())
    with pytest.raises(UsageError, match="seeds: must be >= 1, got 0"):
        ablate.confirm(run, seeds=0)
    with pytest.raises(UsageError, match="'bst' is no variant and no key"):
        ablate.confirm(run, "bst")
    with pytest.raises(UsageError, match="unknown metric or swept setting `x`"):
        ablate.confirm(run, where="x < 1")

    def missing(*arguments: object, **options: object) -> None:
        raise MissingDataError("digits are not there")

    monkeypatch.setattr("ablate.workers.same_images.load_images", missing)
    with pytest.raises(MissingDataError):
        ablate.confirm(run, "plain")
    assert sorted(path.name for path in run.iterdir()) == before


def test_what_cannot_be_confirmed(run: Path, tmp_path: Path) -> None:
    (run / "confirm").mkdir()
    shutil.copy(run / "plan.json", run / "confirm")
    with pytest.raises(RunFolderError, match="holds another question; move it"):
        engine.confirmation(run, "plain")
    with pytest.raises(RunFolderError, match="no such folder"):
        engine.confirmation(tmp_path / "none")
    plan = plan_in(run)
    plan["cells"] = [cell | {"key": "other"} for cell in plan["cells"]]
    (run / "plan.json").write_text(json.dumps(plan), "utf-8")
    with pytest.raises(HolesError):
        engine.confirmation(run)


def test_an_exported_network_says_how_it_was_chosen(run: Path, tmp_path: Path) -> None:
    ablate.confirm(run, "bc", seeds=1, jobs=0)
    with pytest.raises(UsageError, match="its errors are of the test set already"):
        ablate.confirm(run / "confirm", "bc depth=10", jobs=0)
    with pytest.raises(UsageError, match="refused, as these errors are of the test set"):
        exporting.export(run / "confirm", "best")
    out = exporting.export(run / "confirm", "bc depth=10", tmp_path / "out")
    card = (out / "README.md").read_text("utf-8")
    error = ablate.results(run).query("variant == 'bc'")["error"].mean()
    assert "From the study `tiny-confirm`" in card
    assert f"Chosen by name, then {error:.2f} ± " in card
    assert "The test set was looked at once (1 network, for the run tiny), on 20" in card
    assert "| test error over seeds, mean and 95% t interval |" in card


def test_more_seeds_change_nothing_of_what_a_look_recorded(run: Path, tiny_study: Path) -> None:
    ablate.confirm(run, ("bc", "plain"), seeds=1, jobs=0)
    (first,) = looks(run, []).all
    before = json.loads((run / "confirm/plan.json").read_text("utf-8"))["chosen"]
    table = ablate.results(run)
    means = table.groupby("variant")["error"].mean()
    bc = next(choice for choice in before if choice["source"] == "bc")
    assert bc["difference"] == pytest.approx(means["bc"] - means["plain"])
    plain = next(choice for choice in before if choice["source"] == "plain")
    assert plain["difference"] is None

    ablate.run(ablate.load_study(tiny_study, sets=["seeds=[0, 1, 2]"]), runs=run.parent, jobs=0)
    ablate.confirm(run, ("bc", "plain"), seeds=2, jobs=0)
    after = json.loads((run / "confirm/plan.json").read_text("utf-8"))["chosen"]
    assert after[:2] == before
    assert [(c["variant"], len(c["keys"])) for c in after[2:]] == [
        ("bc depth=10", 3),
        ("plain depth=7", 3),
    ]
    one, two = looks(run, []).all
    assert one == first and two.chosen == (*first.chosen, *after[2:])
    assert two.seeds == (1001,) and two.errors.keys() == {*two.keys}
    rows = claims.confirmed(analysis.trained(run / "confirm")).rows
    assert rows["validation_n"].tolist() == [2, 2, 3, 3] and rows["test_n"].tolist() == [2] * 4
