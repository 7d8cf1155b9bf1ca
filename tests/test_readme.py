"""README and the pages of docs/ say what is so: commands, studies, lists and links are tried."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import get_args

import pytest

import ablate
from ablate.cells import DATASETS
from ablate.networks import FAMILIES, IMPLEMENTATIONS, RULES, Architecture
from ablate.space import Design, Kind
from ablate.study import Study
from ablate.text import read_yaml

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
PAGES = {path: path.read_text(encoding="utf-8") for path in (ROOT / "docs").rglob("*.md")}
DOCS = {path.stem: text for path, text in PAGES.items() if path.parent.name == "docs"}
EVERY = {ROOT / "README.md": README, **PAGES}

loaded = cache(ablate.load_study)


def blocks(language: str, text: str = README) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", text, flags=re.DOTALL)


def test_readme_is_read_in_five_minutes() -> None:
    assert len(README.splitlines()) <= 120


def anchors(text: str) -> set[str]:
    """Of a page's headings, as they are linked to."""
    headings = re.findall(r"^#+ (.*)$", text, flags=re.MULTILINE)
    return {re.sub(r"[^\w -]", "", head.lower()).replace(" ", "-") for head in headings}


@pytest.mark.parametrize("page", sorted(EVERY), ids=lambda path: str(path.relative_to(ROOT)))
def test_links_lead_somewhere(page: Path) -> None:
    for link in re.findall(r"\]\(([^)\s]+)\)", EVERY[page]):
        if link.startswith("http"):
            continue
        file, _, anchor = link.partition("#")
        target = (page.parent / file).resolve() if file else page
        assert target.exists(), link
        if anchor:
            assert anchor in anchors(target.read_text(encoding="utf-8")), link


def test_ci_runs_the_first_commands() -> None:
    script = (ROOT / ".ci" / "run").read_text(encoding="utf-8")
    install, test = blocks("sh")[0].splitlines()
    assert "ablate run studies/quickstart.yaml" in install
    assert "ablate run studies/quickstart.yaml" in script
    assert test.startswith(".venv/bin/python -m pytest")
    assert test.removeprefix(".venv/bin/") in script.splitlines()


def read(name: str, tmp_path: Path, profile: str = "") -> Study:
    """The study of that name which the pages show."""
    shown = [block for text in DOCS.values() for block in blocks("yaml", text)]
    (text,) = [each for each in shown if re.match(rf"(kind: .*\n)?name: {name}\b", each)]
    path = tmp_path / f"{name}.yaml"
    path.write_text(text, encoding="utf-8")
    return ablate.load_study(path, profile=profile)


def test_the_study_file_is_valid(tmp_path: Path) -> None:
    assert blocks("yaml")[0] in DOCS["studies"]
    assert len(read("growth", tmp_path).cells()) == 18
    assert len(read("growth", tmp_path, "quick").cells()) == 6


def test_the_search_is_valid(tmp_path: Path) -> None:
    search = read("search", tmp_path).search
    assert search is not None
    assert "recipe.lr" in [knob.name for knob in search.space.knobs]


def test_the_design_is_valid(tmp_path: Path) -> None:
    design = read("parts", tmp_path)
    variants = [point.variant for point in design.points]
    assert variants == ["baseline", "bottleneck", "wide", "plain momentum"]


def test_the_measure_study_is_valid(tmp_path: Path) -> None:
    found = read("width", tmp_path)
    assert found.is_measured and len(found.points) == 3


def test_every_implementation_is_told() -> None:
    assert set(IMPLEMENTATIONS) <= set(re.findall(r"[a-z]+(?:-[a-z]+)*", DOCS["measuring"]))


def test_every_kind_of_design_is_told() -> None:
    assert {f"`{kind}`" for kind in get_args(Kind)} <= set(re.findall(r"`\w+`", DOCS["studies"]))
    assert set(Design.model_fields) <= set(re.findall(r"\w+", DOCS["studies"]))


def test_every_verb_exists() -> None:
    from ablate.cli import app

    verbs = {re.sub("_", "-", str(c.name or c.callback.__name__)) for c in app.registered_commands}  # type: ignore[union-attr]
    verbs |= {str(group.name) for group in app.registered_groups}
    assert set(re.findall(r"^\| `ablate (\w+)", README, flags=re.MULTILINE)) == verbs
    shown = "\n".join(block for text in EVERY.values() for block in blocks("sh", text))
    assert set(re.findall(r"^ablate (\w+)", shown, flags=re.MULTILINE)) <= verbs


@pytest.mark.parametrize(
    "study",
    sorted({study for text in EVERY.values() for study in re.findall(r"studies/\w+\.yaml", text)}),
)
def test_every_study_exists(study: str) -> None:
    study_file = loaded(ROOT / study)
    assert study_file.search or study_file.points


OF_PAPERS = re.findall(
    r"^\| (?:CVPR )?(?:Fig\.|Table) .*? \| `(studies/\w+\.yaml)`.*? \| (.*?) \|$",
    DOCS["papers"],
    re.M,
)


def test_every_study_of_the_papers_is_listed() -> None:
    files = sorted((ROOT / "studies").glob("*.yaml"))
    of_papers = {f"studies/{file.name}" for file in files if loaded(file).file.reproduces}
    assert {study for study, _ in OF_PAPERS} == of_papers


@pytest.mark.heavy
def test_their_figures_exist() -> None:
    from ablate.figures import FIGURES

    named = {name for _, figure in OF_PAPERS for name in re.findall(r"`(\w+)", figure)}
    assert named - {"compare"} <= FIGURES.keys()


def test_the_match_is_valid() -> None:
    (text,) = [each for each in blocks("yaml", DOCS["studies"]) if each.startswith("match:")]
    rest = {"name": "m", "data": {"dataset": "cifar10"}, "recipe": {"epochs": 1}, "baseline": "A"}
    (point,) = ablate.load_study({**rest, **read_yaml(text, "README").plain()}).points
    assert point.goal and point.goal.by == ("depth",)


@pytest.mark.heavy
def test_the_table_of_the_match_is_as_printed() -> None:
    from ablate.cli import plan_table

    (text,) = re.findall(
        r"^```\n( variant +target params.*?)^```", DOCS["studies"], re.DOTALL | re.MULTILINE
    )
    table = plan_table(ablate.plan(ROOT / "studies" / "c10_match_params.yaml"))
    columns = [[str(column.header), *map(str, column.cells)] for column in table.columns]
    printed = [list(line) for line in zip(*columns[:-2], strict=True)]
    assert [re.split(r"  +", line.strip()) for line in text.splitlines()] == printed


def test_pictures_are_drawn() -> None:
    for page, text in EVERY.items():
        for picture in re.findall(r"!\[.*?\]\((.*?)\)", text):
            assert (page.parent / picture).stat().st_size > 1000


def test_every_connectivity_is_listed() -> None:
    page = DOCS["networks"]
    (setting,) = re.findall(r"^\| `connectivity` \| (`.*)$", page, re.MULTILINE)
    assert set(setting.split("`")[1].split()) == set(RULES)
    rows = dict(re.findall(r"^\| `(\w+)` \| [^|]*\|([\d -]*)\|[^|]*\|$", page, re.MULTILINE))
    assert set(rows) == set(RULES)
    assert rows.pop("dense").strip() == "0-7" and not rows.pop("full").strip()
    for name, sources in rows.items():
        assert RULES[name](8) == tuple(map(int, sources.split())), name


@pytest.mark.heavy
def test_every_family_is_listed_with_its_settings_and_parameters() -> None:
    _, others = DOCS["networks"].split("## The others")
    rows = re.findall(r"^\| `(\w+)` \| .*? \| ([\d,]+) \| (.*?) \|$", others, re.MULTILINE)
    assert {name for name, _, _ in rows} == FAMILIES.keys() - {"densenet"}
    for name, parameters, settings in rows:
        named = {*re.findall(r"`(\w+)", settings), "init", *Architecture.model_fields}
        assert named == {*FAMILIES[name].model_fields}
        usual = {"depth": 1001} if name == "resnet_preact" else {}
        module = ablate.build(ablate.architecture(family=name, **usual), device="meta")
        assert parameters == f"{sum(p.numel() for p in module.parameters()):,}"


def test_every_dataset_is_listed_with_its_numbers() -> None:
    pattern = r"^\| `(\w+)` \| (\d+ x \d+, \w+|yours).*?\| (.*?) \|"
    rows = re.findall(pattern, DOCS["data"], re.MULTILINE)
    assert [name for name, _, _ in rows] == list(DATASETS)
    for name, images, counts in rows:
        if facts := DATASETS[name]:
            colour = {1: "grey", 3: "colour"}[facts.channels]
            assert images == f"{facts.image_size} x {facts.image_size}, {colour}"
            trained = facts.train_images - facts.hold_out
            assert counts == f"{trained:,} + {facts.hold_out:,}, {facts.test_images:,}"


def test_exit_codes() -> None:
    from ablate import errors

    codes = {
        2: errors.SpecError([]),
        3: errors.HolesError(),
        5: errors.MissingDataError(),
        75: errors.Stopped(),
    }
    for code, error in codes.items():
        assert error.exit_code == code
        assert re.search(rf"\b{code} \w", DOCS["studies"])
