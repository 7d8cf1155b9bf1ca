"""Studies that come along are known by name, and there is one to start from."""

from __future__ import annotations

from pathlib import Path

import pytest

import ablate
from ablate.errors import UsageError
from ablate.study import shipped_studies, template
from ablate.study.shipped import study_file


def test_a_bare_name_is_that_of_a_study_that_comes_along(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert ablate.load_study("quickstart").name == "quickstart"
    # Files that it names are beside it.
    assert ablate.load_study("search_bc").search and ablate.load_study("table2_c100").points
    (tmp_path / "quickstart").mkdir()  # nobody's study
    assert study_file("quickstart") == shipped_studies()["quickstart"]


def test_what_lies_there_comes_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "quickstart").write_text(template("mine"), encoding="utf-8")
    assert ablate.load_study("quickstart").name == "mine"
    for path in ("quickstart.yaml", "studies/quickstart"):
        with pytest.raises(UsageError, match="no such file"):
            ablate.load_study(path)


def test_another_name_is_refused_with_the_nearest() -> None:
    with pytest.raises(UsageError, match=r"no study of this name comes with ablate.*`quickstart`"):
        ablate.load_study("quickstrt")


def test_the_template_is_a_study_of_twelve_cells() -> None:
    study = ablate.load_study({**_plain(template("mine"))})
    assert len(study.cells()) == 12 and study.name == "mine" and "NAME" not in template("mine")


def _plain(text: str) -> dict[str, object]:
    from ablate.text import read_yaml

    return dict(read_yaml(text, "template").plain())
