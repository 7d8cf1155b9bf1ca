"""Models of a library, from plan to a loaded export, beginning with weights that are gone then."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest
import torch

import ablate
from ablate import exporting
from ablate.errors import MissingDataError, SpecError
from ablate.study import load_study

timm = pytest.importorskip("timm")

STUDY = """\
name: zoo
question: Do trained weights pay?
data: {dataset: digits, limit: 90, hold_out: 30}
recipe: {epochs: 1, schedule: one_cycle, lr: 0.01, batch_size: 30}
baseline: drawn
variants:
  drawn: {family: timm, sweep: {model: [test_resnet, test_efficientnet]}}
  begun: {family: timm, model: test_resnet, weights: pre/w.pt, drop_rate: 0.1}
seeds: [0]
"""


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("home")
    (home / "study" / "pre").mkdir(parents=True)
    (home / "study" / "zoo.yaml").write_text(STUDY, encoding="utf-8")
    module = timm.create_model("test_resnet", in_chans=1, num_classes=1000)
    torch.save(module.state_dict(), home / "study" / "pre" / "w.pt")
    return home


@pytest.fixture(scope="module")
def run(home: Path) -> Path:
    """A finished run, moved to where neither the study nor its weights are."""
    study = home / "study" / "zoo.yaml"
    ablate.run(study, runs=home / "runs", jobs=1, devices=["cpu"])
    shutil.move(home / "runs" / "zoo", home / "moved")
    (home / "study").rename(home / "gone")
    return home / "moved"


def test_a_moved_run_has_what_it_needs(home: Path, run: Path) -> None:
    frame = ablate.results(run)
    assert list(frame["state"]) == ["done"] * 3 and set(frame["model"].dropna()) == {
        "test_resnet",
        "test_efficientnet",
    }
    (kept,) = (run / "code").iterdir()
    assert kept.name.endswith("-w.pt") and kept.samefile(home / "gone" / "pre" / "w.pt")
    assert ablate.compare(run) is not None


def test_an_export_is_loaded_without_the_first_weights(
    run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = exporting.export(run, "begun", tmp_path / "begun")
    assert not (out / "code").exists()
    card = (out / "README.md").read_text(encoding="utf-8")
    assert f"| code | timm:test_resnet, package timm {timm.__version__} |" in card
    assert "| first weights | pre/w.pt, SHA-256 " in card
    monkeypatch.setattr("ablate.machine.code._folders", [])
    module = ablate.load(out)
    assert tuple(module(torch.zeros(2, 1, 8, 8)).shape) == (2, 10)


def test_what_it_began_with_decides_the_cell(home: Path, run: Path) -> None:
    study = home / "gone" / "zoo.yaml"
    begun = {cell.key for cell in ablate.plan(study).cells}
    assert begun == set(ablate.results(run)["key"])
    weights = home / "gone" / "pre" / "w.pt"
    state = torch.load(weights, weights_only=True)
    other = weights.with_name("other.pt")
    torch.save({key: tensor + 1 for key, tensor in state.items()}, other)
    changed = load_study(study, sets=["variants.begun.weights=pre/other.pt"])
    assert len(begun & {cell.key for cell in ablate.plan(changed).cells}) == 2
    gone = load_study(study, sets=["variants.begun.weights=pre/gone.pt"])
    with pytest.raises(MissingDataError, match=r"pre/gone\.pt is no file beside the study"):
        ablate.plan(gone)


def planned(**keys: Any) -> list[int]:
    study = {
        "name": "other",
        "data": {"dataset": "digits"},
        "recipe": {"epochs": 1, "lr": 0.1},
        **keys,
    }
    return [cell.params for cell in ablate.plan(load_study(study)).cells]


def test_designs_and_searches_change_its_settings() -> None:
    network = {"family": "timm", "model": "test_resnet"}
    changes = {"larger": {"model": "resnet10t"}, "dropped": {"drop_rate": 0.2}}
    design = {"kind": "one_at_a_time", "baseline": network, "changes": changes}
    first, larger, dropped = planned(design=design)
    assert first == dropped < larger
    rates = {"float": [0.0, 0.2], "step": 0.1}
    space = {**network, "model": {"choice": ["test_resnet", "resnet10t"]}, "drop_rate": rates}
    search = {
        "sampler": {"name": "random", "seed": 0},
        "objectives": {"error": "minimize"},
        "budget": {"trials": 2},
    }
    assert planned(space=space, **search) == []
    with pytest.raises(SpecError, match=r"space\.drop_rat: .*Did you mean `drop_rate`"):
        planned(space={**network, "drop_rat": rates}, **search)


@pytest.mark.parametrize(
    ("network", "said"),
    [
        ({"family": "timm", "model": "test_vit"}, "fails on images (2, 1, 8, 8)"),
        ({"family": "torchvision", "model": "resnet18"}, "take images of 3 channels, got 1"),
        ({"family": "timm", "model": "resnt18"}, "variants.it.model: no image classifier"),
        ({"family": "timm", "model": "resnet18", "act_layer": "no"}, "timm:resnet18: "),
    ],
)
def test_what_cannot_be_trained_is_refused_in_a_line(network: dict[str, Any], said: str) -> None:
    with pytest.raises(SpecError) as caught:
        planned(variants={"it": network}, seeds=[0])
    assert said in str(caught.value) and "\n" not in str(caught.value)
