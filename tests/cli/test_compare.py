"""`ablate compare`: its tables, for people and for programs."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

import ablate
from tests.cli.conftest import call
from tests.plans import plan_in

pytestmark = pytest.mark.heavy


def test_compare(finished: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = call(capsys, "compare", finished)
    table, answer = out.split("\n\n")
    head, *rows = [line.split("\t") for line in table.splitlines()]
    assert code == 0
    # One sweeps a depth of 7, the other one of 10, which costs more.
    assert answer.endswith(
        "Answer: Nothing can be set against plain: no parameters or settings are alike.\n"
    )
    assert head[:3] == ["variant", "depth", "digits validation error (%)"]
    assert [row[:2] for row in rows] == [["plain", "7"], ["bc", "10"]]
    assert all("±" in row[2] and "(n=2)" in row[2] for row in rows)
    assert "95% t interval" in err
    code, out, _ = call(capsys, "compare", finished, "--json")
    found = json.loads(out)
    assert [row["variant"] for row in found["rows"]] == ["plain", "bc"] and found["lines"] == []
    assert answer.strip().endswith(f"Answer: {found['answer']}") and found["note"] in err
    assert (found["cost"], found["margin"], found["images"]) == ("params", None, 60)
    code, out, _ = call(capsys, "compare", finished, "--cost", "macs", "--json")
    assert code == 0 and json.loads(out)["cost"] == "macs"


def test_compare_effects(finished: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = call(capsys, "compare", finished, "--effects")
    assert code == 0
    assert out.startswith("level\tdigits validation error (%)\tn\n")
    assert "levels were not seen beside each other" in err
    code, out, _ = call(capsys, "compare", finished, "--effects", "--json")
    found = json.loads(out)
    assert code == 0 and found["interactions"] == [] and found["note"] in err
    assert [row["level"] for row in found["levels"]] == ["plain", "bc", "7", "10"]
    shown = ablate.effects(finished)
    assert list(shown.levels["level"]) == ["plain", "bc", "7", "10"]
    assert shown.document()["note"] in err and shown.title == "digits validation error"
    assert shown.title in str(shown) and "<table" in shown._repr_html_()
    code, _, err = call(capsys, "compare", finished, "--effects", "--all")
    assert code == 2 and "--effects: is a table of its own, without other options" in err


def test_compare_published(
    finished: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, _, err = call(capsys, "compare", finished, "--published")
    assert code == 2 and "one of table2, fig3, fig10" in err
    copy = shutil.copytree(finished, tmp_path / "tiny")
    head = plan_in(copy)
    head |= {"published": "table2", "subject": "C10+"}
    for cell in head["cells"]:
        if cell["variant"] == "bc":
            cell |= {"variant": "DenseNet-BC", "params": 769_162}
    (copy / "plan.json").write_text(json.dumps(head), encoding="utf-8")
    code, out, err = call(capsys, "compare", copy, "--published")
    lines = [line.split("\t") for line in out.split("\n\n")[0].splitlines()]
    assert code == 0 and lines[0][-2:] == ["published", "ours - published"]
    assert lines[1][-2:] == ["", ""] and lines[2][-2] == "4.51" and lines[2][-1].startswith("+")
    assert "published: test error, epochs 300 (CVPR 2017 Table 2); ours: validation error" in err
    code, out, _ = call(capsys, "compare", copy, "--published", "--json")
    plain, bc = json.loads(out)["rows"]
    assert plain["published"] is None and bc["published_source"] == "CVPR 2017 Table 2"
    assert bc["published_difference"] == pytest.approx(bc["error"] - 4.51)


def test_compare_at_equal_error(finished: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, _, err = call(capsys, "compare", finished, "--equal-error", "--cost", "macs")
    assert code == 2 and "no variant has two points, which would be a curve" in err
    for arguments, message in (
        (("--equal-error", "--all"), "--equal-error: is a table of its own"),
        (("--cost", "mac"), "Did you mean `macs`?"),
        (("--equal-error", "--cost", "mac"), "Did you mean `macs`?"),
    ):
        code, _, err = call(capsys, "compare", finished, *arguments)
        assert code == 2 and message in err
