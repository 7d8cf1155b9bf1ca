"""What networks answered, asked for from a run folder: kept, computed again, or told as absent."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

import ablate
from ablate.errors import HolesError
from tests.cli.conftest import call

pytestmark = pytest.mark.heavy

STUDY = {
    "name": "own",
    "data": {"dataset": "arrays", "name": "own"},
    "recipe": {"epochs": 1, "batch_size": 16, "lr": 0.05},
    "baseline": "A",
    "variants": {
        name: {"family": "densenet", "depth": 7, "growth_rate": k, "stem_channels": 4}
        for name, k in (("A", 4), ("B", 2))
    },
    "seeds": [0, 1],
}


def without_predictions(run: Path) -> None:
    """As versions left it that kept none."""
    for cell in (run / "cells").iterdir():
        (cell / "predictions.safetensors").unlink()
        result = json.loads((cell / "result.json").read_text("utf-8"))
        for name in ("format", "files", "sha256"):
            del result[name]
        (cell / "result.json").write_text(json.dumps(result), "utf-8")


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Images, and runs: `own`, and `old` without predictions."""
    home = tmp_path_factory.mktemp("classes")
    draw = np.random.default_rng(0)
    x = draw.integers(0, 256, (200, 8, 8), dtype=np.uint8)
    y = np.arange(200) % 2
    np.savez(home / "own.npz", x_train=x, y_train=y, x_test=x[:20] + 1, y_test=y[:20])
    ablate.run(ablate.load_study(STUDY), runs=home / "runs", data=home, jobs=0)
    shutil.copytree(home / "runs" / "own", home / "runs" / "old")
    without_predictions(home / "runs" / "old")
    return home


def test_a_row_per_cell_and_image(home: Path) -> None:
    found, table = ablate.predictions(home / "runs" / "own", "B"), ablate.results(home / "runs/own")
    assert found.columns.tolist() == ["key", "seed", "image", "label", "predicted"]
    wrong = found["label"] != found["predicted"]
    errors = 100 * wrong.groupby(found["key"], sort=False).mean()
    expected = table[table["variant"] == "B"].set_index("key")["error"]
    assert errors.to_dict() == pytest.approx(expected.to_dict())
    assert found["image"].tolist() == [*range(20)] * 2


def test_of_versions_before_they_are_computed_from_the_weights(home: Path) -> None:
    kept, again = (
        ablate.predictions(home / "runs" / name, "A", data=home) for name in ("own", "old")
    )
    assert again.equals(kept)


def test_without_the_images_they_are_absent_and_no_damage(
    home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(HolesError, match="was trained by a version that kept no predictions, and"):
        ablate.predictions(home / "runs" / "old", "A", data=tmp_path)
    code, _, said = call(capsys, "compare", home / "runs" / "old", "--classes", "--data", tmp_path)
    assert code == 3
    assert "4 of 4 done cells have no predictions: " in said
    assert (ablate.results(home / "runs" / "old")["state"] == "done").all()


def test_other_images_are_not_taken_for_those(home: Path, tmp_path: Path) -> None:
    arrays = dict(np.load(home / "own.npz"))
    np.savez(tmp_path / "own.npz", **{**arrays, "x_train": arrays["x_train"][::-1]})
    with pytest.raises(
        HolesError, match="its images, or which of them are evaluated, have changed"
    ):
        ablate.predictions(home / "runs" / "old", "A", data=tmp_path)


def test_errors_by_class_on_the_command_line(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run = home / "runs" / "own"
    code, out, note = call(capsys, "compare", run, "--classes")
    head, *lines = (line.split("\t") for line in out.splitlines())
    assert (code, head) == (0, ["class", "images", "A", "B - A"])
    means = ablate.results(run).groupby("variant")["error"].mean()
    # Both classes have as many images.
    base = np.mean([float(line[2]) for line in lines])
    differences = [float(line[3].split()[0]) for line in lines]
    assert base == pytest.approx(means["A"], 0.01)
    assert np.mean(differences) == pytest.approx(means["B"] - means["A"], abs=0.01)
    assert "95% intervals of all 2 at once" in note and "decide nothing" in note
    document = json.loads(call(capsys, "compare", run, "--classes", "--json")[1])
    assert [row["class"] for row in document["rows"] if row["is_baseline"]] == [
        line[0] for line in lines
    ]
    assert (document["baseline"], document["over"]) == ("A", "seeds")
    shown = ablate.by_class(run)
    assert shown.document() == document and shown.table["class"].nunique() == 2
    assert "error (%) by class" in str(shown) and "<table" in shown._repr_html_()
    more = json.loads(call(capsys, "compare", run, "--classes", "--over", "images", "--json")[1])
    assert more["over"] == "seeds and images" and "(20 images)" in more["note"]
    code, _, said = call(capsys, "compare", run, "--classes", "--all")
    assert (code, "--classes: is a table of its own" in said) == (2, True)


def test_the_figure(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = call(capsys, "plot", home / "runs" / "own", "confusion", "--variant", "B")
    assert (code, [Path(line).name for line in out.split()]) == (
        0,
        ["confusion-B.png", "confusion-B.svg"],
    )


def test_over_images(home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run = home / "runs" / "own"
    over = {}
    for name in ("seeds", "images"):
        code, out, _ = call(capsys, "compare", run, "--over", name, "--json")
        over[name] = json.loads(out)
        assert code == 0 and over[name]["over"] == {"images": "seeds and images"}.get(name, name)
    low, high = (over[name]["rows"][1]["difference_low"] for name in ("images", "seeds"))
    assert low <= high and over["images"]["rows"][1]["difference"] is not None
    assert "over seeds and images (20 images)" in over["images"]["note"]
    assert ablate.compare(run, over="images").over == "seeds and images"
    old = home / "runs" / "old"
    again = json.loads(
        call(capsys, "compare", old, "--over", "images", "--data", home, "--json")[1]
    )
    assert again == over["images"]
    code, _, said = call(capsys, "compare", old, "--over", "images", "--data", tmp_path)
    assert code == 3 and "4 of 4 done cells have no predictions: " in said
    assert call(capsys, "compare", run, "--over", "pictures")[0] == 2
