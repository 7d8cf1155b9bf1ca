"""Exported folders: whole, checked, loadable elsewhere, usable in a study."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest
import torch
from safetensors.torch import load_file, save_file

import ablate
from ablate import analysis, exporting
from ablate.errors import DamagedCell, ExportError, HolesError, UsageError
from tests.conftest import TINY_STUDY
from tests.made_results import made
from tests.plans import plan_in


def first_key(table: pd.DataFrame, which: str) -> str:
    """The first of the cells that are chosen."""
    choice, _ = analysis.choose(made(table), which)
    return choice.keys[0]


def test_a_question_is_shown_and_not_obeyed(run: Path, tmp_path: Path) -> None:
    shutil.copytree(run, tmp_path / "tiny")
    plan = plan_in(tmp_path / "tiny")
    plan["question"] = "# A\n\n<script>x</script>\n```"
    (tmp_path / "tiny" / "plan.json").write_text(json.dumps(plan), encoding="utf-8")
    card = (exporting.export(tmp_path / "tiny", "bc", tmp_path / "out") / "README.md").read_text(
        "utf-8"
    )
    assert r"From the study `tiny`: # A \<script>x\</script> \`\`\`" in card.splitlines()


def test_files(exported: Path) -> None:
    assert sorted(path.name for path in exported.iterdir()) == [
        "README.md",
        "architecture.yaml",
        "cell.yaml",
        "model.safetensors",
        "predictions.safetensors",
        "preprocessing.json",
        "result.json",
    ]
    assert [path.name for path in exported.parent.iterdir() if path.name.startswith(".")] == []


def test_the_loaded_network_has_the_recorded_error(exported: Path, run: Path) -> None:
    """An independent check: the error of the loaded module, computed here from the images."""
    from ablate.data import load_images, split

    study = ablate.load_study(run / "study.yaml")
    images = load_images(study.file.data, Path())
    held_out = split(images.y_train, study.file.data, images.facts).held_out
    x = images.x_train[held_out].float().permute(0, 3, 1, 2)
    x = (x - images.facts.mean[0]) / images.facts.std[0]
    with torch.inference_mode():
        wrong = (ablate.load(exported)(x).argmax(1) != images.y_train[held_out]).sum()
    table = ablate.results(run)
    recorded = table[(table["variant"] == "bc") & (table["seed"] == 0)]["error"].item()
    assert 100 * int(wrong) / len(held_out) == pytest.approx(recorded)


def test_the_card_says_what_it_is(exported: Path) -> None:
    card = (exported / "README.md").read_text(encoding="utf-8")
    for part in (
        "# bc, depth 10",
        "From the study `tiny`: Does it run?",
        "| validation error over seeds, mean and 95% t interval |",
        "(n=2) |",
        "| parameters | 1,",
        f"ablate {ablate.__version__}, torch {torch.__version__}",
        "Normalise pixels in 0..255 as (pixel - mean) / std, mean (78.0), std (96.0); pixels",
    ):
        assert part in card


def test_the_card_begins_with_what_a_hub_reads(exported: Path) -> None:
    hub = pytest.importorskip("huggingface_hub")
    metadata = hub.ModelCard.load(exported / "README.md").data
    assert (metadata.library_name, metadata.pipeline_tag) == ("ablate", "image-classification")
    (found,) = metadata.eval_results
    error = json.loads((exported / "result.json").read_text(encoding="utf-8"))["error"]
    assert (found.dataset_type, found.dataset_split) == ("digits", "validation")
    assert (found.metric_type, found.metric_value) == ("accuracy", round(1 - error / 100, 6))


def test_it_loads_in_a_process_that_knows_nothing_of_the_run(
    exported: Path, tmp_path: Path
) -> None:
    moved = tmp_path / "elsewhere"
    shutil.move(exported, moved)
    code = (
        "import ablate, sys; print(sum(p.numel() for p in ablate.load(sys.argv[1]).parameters()))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(moved)], capture_output=True, text=True, check=True
    )
    architecture = ablate.load_architecture(moved / "architecture.yaml")
    assert int(done.stdout) == ablate.cost(architecture).params


def test_an_exported_architecture_is_a_variant(exported: Path, tmp_path: Path) -> None:
    study = tmp_path / "next.yaml"
    text = TINY_STUDY[: TINY_STUDY.index("baseline")].replace("name: tiny", "name: next")
    study.write_text(
        text + "baseline: best\nvariants:\n"
        f"  best: {{from: {exported.name}/architecture.yaml}}\n"
        f"  wide: {{from: {exported.name}/architecture.yaml, growth_rate: 6}}\n",
        encoding="utf-8",
    )
    best, wide = (point.architecture for point in ablate.load_study(study).points)
    assert best == ablate.load_architecture(exported / "architecture.yaml")
    assert best.growth_rate == 4 and wide.growth_rate == 6  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("which", "variant", "seed"), [("plain", "plain", 0), ("bc", "bc", 0), ("best", None, 0)]
)
def test_choose(run: Path, which: str, variant: str | None, seed: int) -> None:
    table = ablate.results(run)
    key = first_key(table, which)
    row = table[table["key"] == key].iloc[0]
    best = table.groupby("variant")["error"].mean().idxmin()
    assert (row["variant"], row["seed"]) == (variant or best, seed)


def test_choose_by_key(run: Path) -> None:
    table = ablate.results(run)
    key = table["key"].iloc[3]
    assert first_key(table, key) == first_key(table, key[:8]) == key
    with pytest.raises(UsageError, match="is no variant and no key"):
        analysis.choose(made(table), "zzz")
    with pytest.raises(UsageError, match="an empty name chooses nothing; one of best, knee, "):
        analysis.choose(made(table), "")


def test_nothing_is_chosen_on_the_test_set(run: Path) -> None:
    table = ablate.results(run).assign(split="test")
    for which in ("best", "knee"):
        with pytest.raises(UsageError, match="refused, as these errors are of the test set"):
            analysis.choose(made(table), which)
    assert first_key(table, "plain") == table["key"].iloc[0]  # one point: no choice
    swept = table.assign(variant="plain")
    with pytest.raises(UsageError, match="would choose a sweep point on the test set"):
        analysis.choose(made(swept), "plain")


def test_only_finished_cells(run: Path) -> None:
    table = ablate.results(run).assign(state="failed")
    with pytest.raises(HolesError, match="is failed, only a finished cell can be chosen"):
        analysis.choose(made(table), table["key"].iloc[0])
    with pytest.raises(HolesError):
        analysis.choose(made(table), "best")


def test_a_folder_in_the_way_is_left_alone(run: Path, tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "thesis.txt").write_text("precious", encoding="utf-8")
    with pytest.raises(UsageError, match="is already there"):
        exporting.export(run, "plain", tmp_path / "out")
    assert [p.name for p in (tmp_path / "out").iterdir()] == ["thesis.txt"]


def test_weights_that_do_not_fit_leave_nothing(run: Path, tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(run, copy)
    key = first_key(ablate.results(copy), "plain")
    other = first_key(ablate.results(copy), "bc")
    weights = "cells/{}/model.safetensors"
    shutil.copyfile(copy / weights.format(other), copy / weights.format(key))
    with pytest.raises(DamagedCell):
        exporting.export(copy, "plain", tmp_path / "out")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["copy"]


def test_files_that_the_run_folder_lost(run: Path, tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(run, copy)
    key = first_key(ablate.results(copy), "plain")
    (copy / "cells" / key / "model.safetensors").unlink()
    with pytest.raises(DamagedCell, match=r"model\.safetensors missing; the run folder has lost"):
        exporting.export(copy, "plain", tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_the_card_names_the_variant_that_was_asked_for(run: Path, tmp_path: Path) -> None:
    """Two variants may come to the same cells."""
    copy = tmp_path / "copy"
    shutil.copytree(run, copy)
    plan = plan_in(copy)
    plan["cells"] += [cell | {"variant": "twin"} for cell in plan["cells"][2:]]
    (copy / "plan.json").write_text(json.dumps(plan), encoding="utf-8")
    for which in ("bc", "twin"):
        card = exporting.export(copy, which, tmp_path / which) / "README.md"
        text = card.read_text(encoding="utf-8")
        assert text.split("---\n")[2].startswith(f"\n# {which}, depth 10\n")


def test_a_damaged_result_is_named(run: Path, tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(run, copy)
    key = first_key(ablate.results(copy), "plain")
    (copy / "cells" / key / "result.json").write_text("{", encoding="utf-8")
    with pytest.raises(DamagedCell, match=r"result\.json: is damaged"):
        exporting.export(copy, "plain", tmp_path / "out")


def without_digests(result: Path, key: str) -> None:
    """As versions of before wrote it."""
    found = json.loads(result.read_text("utf-8"))
    for name in ("format", "files", "sha256"):
        del found[name]
    result.write_text(json.dumps(found), "utf-8")


def zeros(weights: Path, key: str) -> None:
    found = {name: torch.zeros_like(tensor) for name, tensor in load_file(weights).items()}
    save_file(found, weights, metadata={"key": key})


def another_seeds(weights: Path, key: str) -> None:
    table = ablate.results(weights.parents[2])
    row = table[table["key"] == key].iloc[0]
    (other,) = table.loc[(table["variant"] == row["variant"]) & (table["key"] != key), "key"]
    shutil.copyfile(weights.parents[1] / other / weights.name, weights)


def flipped_exponent(weights: Path, key: str) -> None:
    content = bytearray(weights.read_bytes())
    content[-1] ^= 64
    weights.write_bytes(content)


@pytest.mark.parametrize("damage", [zeros, another_seeds, flipped_exponent])
def test_weights_that_are_not_the_cells_get_no_card(
    run: Path, tmp_path: Path, damage: Callable[[Path, str], None]
) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(run, copy)
    key = first_key(ablate.results(copy), "plain")
    damage(copy / "cells" / key / "model.safetensors", key)
    with pytest.raises(DamagedCell, match=r"model\.safetensors: is not what result\.json was writ"):
        exporting.export(copy, "plain", tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_weights_are_looked_at_wherever_they_are_loaded(run: Path, tmp_path: Path) -> None:
    out = exporting.export(run, "plain", tmp_path / "out")
    flipped_exponent(out / "model.safetensors", "")
    with pytest.raises(ExportError, match=r"model\.safetensors: is not what result\.json was writ"):
        ablate.load(out)


def test_a_cell_without_digests_is_exported_and_says_what_cannot_be_checked(
    run: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(run, copy)
    key = first_key(ablate.results(copy), "plain")
    without_digests(copy / "cells" / key / "result.json", key)
    out = exporting.export(copy, "plain", tmp_path / "out")
    assert ablate.load(out).training is False
    assert "| not checked | its result was written by a version" in (out / "README.md").read_text()
    assert "that kept no digests" in caplog.text
    another_seeds(copy / "cells" / key / "model.safetensors", key)
    with pytest.raises(DamagedCell, match=r"model\.safetensors: is of cell"):
        exporting.export(copy, "plain", tmp_path / "second")


@pytest.mark.parametrize(
    ("written", "changed", "reason"),
    [
        ("family: densenet", "family: densemet", r"architecture\.family: .*'densemet'"),
        ("recipe:", "recipf:", "recipe: required key is missing"),
    ],
)
def test_a_damaged_cell_without_digests_is_told_by_its_name(
    run: Path, tmp_path: Path, written: str, changed: str, reason: str
) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(run, copy)
    key = first_key(ablate.results(copy), "plain")
    cell = copy / "cells" / key
    without_digests(cell / "result.json", key)
    text = (cell / "cell.yaml").read_text("utf-8")
    assert written in text
    (cell / "cell.yaml").write_text(text.replace(written, changed), "utf-8")
    with pytest.raises(DamagedCell, match=rf"cell\.yaml:\d+: {reason}"):
        exporting.export(copy, "plain", tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_loading_what_is_no_export(tmp_path: Path, run: Path) -> None:
    with pytest.raises(UsageError, match=r"is not an exported folder: architecture\.yaml"):
        ablate.load(tmp_path)
    broken = exporting.export(run, "plain", tmp_path / "out")
    (broken / "model.safetensors").write_bytes(b"nothing")
    with pytest.raises(ExportError, match=r"model\.safetensors"):
        ablate.load(broken)


def test_the_card_of_a_picked_epoch_says_which_and_by_what(tmp_path: Path) -> None:
    study = ablate.load_study(
        {
            "name": "picked",
            "data": {"dataset": "digits", "limit": 120, "hold_out": 60, "evaluate": "test"},
            "recipe": {"preset": "densenet-2017-svhn", "epochs": 2, "batch_size": 32},
            "baseline": "a",
            "variants": {"a": {"family": "densenet", "depth": 7, "growth_rate": 4}},
        }
    )
    ablate.run(study, runs=tmp_path, jobs=0)
    out = exporting.export(tmp_path / "picked", "a", tmp_path / "out")
    result = json.loads((out / "result.json").read_text(encoding="utf-8"))
    assert ablate.results(tmp_path / "picked")["error"].tolist() == [result["error"]]
    lowest = f"of lowest validation error, {result['validation_error']:.2f} %"
    card = (out / "README.md").read_text(encoding="utf-8")
    assert f"| test error of this network | {result['error']:.2f} % |" in card
    assert f"| epoch | {result['reported_epoch']} of 2, {lowest} |" in card
    assert ablate.results(tmp_path / "picked").attrs["picks"] is True
