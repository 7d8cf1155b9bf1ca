"""What the repository says of itself in several files, it says alike."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pytest

from ablate.text import read_yaml

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]


def read(name: str) -> dict[str, Any]:
    return dict(read_yaml((ROOT / name).read_text(encoding="utf-8"), name).plain())


def test_what_is_cited_is_this_version() -> None:
    citation = read("CITATION.cff")
    assert (citation["version"], citation["license"]) == (PROJECT["version"], PROJECT["license"])
    assert citation["title"].startswith("ablate: ")


@pytest.mark.parametrize("hook", read(".pre-commit-config.yaml")["repos"][0]["hooks"])
def test_what_is_committed_was_looked_at_as_in_ci(hook: dict[str, Any]) -> None:
    program, *_ = hook["entry"].split()
    assert program in (ROOT / ".ci" / "run").read_text(encoding="utf-8")
    assert any(need.startswith(program) for need in PROJECT["optional-dependencies"]["dev"])


def test_workflows_run_what_is_run_at_home() -> None:
    checks = read(".github/workflows/checks.yml")["jobs"]
    steps = [step.get("run", "") for job in checks.values() for step in job["steps"]]
    assert "bash .ci/run" in steps
    oldest = (ROOT / ".ci" / "full").read_text(encoding="utf-8")
    assert "python .ci/oldest.py > oldest.txt" in steps and ".ci/oldest.py > " in oldest
    versions = {checks["oldest"]["steps"][1]["with"]["python-version"]}
    versions |= set(checks["checks"]["strategy"]["matrix"]["python"])
    assert PROJECT["requires-python"].removeprefix(">=") in versions


def test_a_wheel_has_every_study() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    inside = project["tool"]["hatch"]["build"]["targets"]["wheel"]["force-include"]
    files = [*ROOT.glob("studies/*.yaml"), *ROOT.glob("search_spaces/*.yaml")]
    names = {path.relative_to(ROOT).as_posix() for path in files}
    assert inside == {name: f"ablate/_share/{name}" for name in names}
