"""Files -> studies: profiles, `--set`, `from:`, and where each fault was written."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from ablate.errors import SpecError, UsageError
from ablate.networks import FAMILIES, LIBRARIES, DenseNet, ResNetPreact, load_architecture
from ablate.study import Study, load_study, read_whole
from ablate.text import read_file, read_yaml

Load = Callable[..., Study]
FileMessages = Callable[..., list[str]]
STUDIES = Path(__file__).parents[2] / "studies"

TEXT = """\
name: small
data: {dataset: cifar10}
recipe:
  epochs: 2
baseline: A
variants:
  A: {family: densenet, depth: 22}
seeds: [0, 1]
profiles:
  quick:
    recipe: {epochs: 1}
    seeds: [7]
"""

# Changes to that, kept as `base.yaml`.
CHANGES = """\
from: base.yaml
name: changed
variants:
  A: {depth: 10}
  C: {family: densenet, depth: 40}
seeds: null
profiles:
  quick:
    recipe: {epochs: 7}
    variants: {C: null}
  own: {seeds: [5]}
"""


@pytest.mark.parametrize("path", sorted(STUDIES.glob("*.yaml")), ids=lambda path: path.stem)
def test_every_shipped_study_loads_under_every_profile(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ablate.text.files.read_yaml", cache(read_yaml))  # once, not per profile
    profiles = read_whole(path).get("profiles")
    names = [name for name, _ in profiles.items()] if profiles else []
    for profile in ("", *names):
        study = load_study(path, profile=profile)
        assert (study.points or study.search) and study.title.endswith(profile)


def test_file_then_profile_then_settings(study: Load) -> None:
    def loaded(**options: Any) -> tuple[int, float, tuple[int, ...]]:
        profiles = {"quick": {"recipe": {"epochs": 1}, "seeds": [7]}}
        file = study(profiles=profiles, seeds=[0, 1], **options).file
        return file.recipe.epochs, file.recipe.lr, file.seeds

    assert loaded() == (2, 0.1, (0, 1))
    assert loaded(profile="quick") == (1, 0.1, (7,))
    sets = ("recipe.epochs=5", "recipe.lr=1e-2", "recipe.epochs=6")
    assert loaded(profile="quick", sets=sets) == (6, 0.01, (7,))
    assert loaded(sets=("seeds=",)) == (2, 0.1, (0,))


def test_a_profile_may_remove_and_add_variants(study: Load) -> None:
    profiles = {"p": {"variants": {"A": None, "B": {"family": "densenet", "depth": 10}},
                      "baseline": "B"}}  # fmt: skip
    assert [point.variant for point in study(profiles=profiles, profile="p").points] == ["B"]


def test_a_profile_may_replace_a_sweep_s_values(study: Load) -> None:
    made = study(
        variants={"A": {"family": "densenet", "sweep": {"depth": [22, 40]}}},
        profiles={"p": {"variants": {"A": {"sweep": {"depth": [7]}}}}},
        profile="p",
    )
    assert [point.sweep for point in made.points] == [{"depth": 7}]


def test_a_profile_may_swap_a_sweep_for_another(study: Load) -> None:
    made = study(
        variants={"A": {"family": "densenet", "sweep": {"depth": [22, 40]}}},
        profiles={
            "p": {"variants": {"A": {"depth": 7, "sweep": {"depth": None, "init": ["he_fan_in"]}}}}
        },
        profile="p",
    )
    assert [point.sweep for point in made.points] == [{"init": "he_fan_in"}]


def test_lines_survive_profile_and_settings(file_messages: FileMessages) -> None:
    text = TEXT.replace("epochs: 1}", "lr: -1}").replace("epochs: 2", "epochs: 0")
    assert file_messages(text, profile="quick", sets=["data.limit=1", "recipe.momentum=2"]) == [
        "--set data.limit: data.limit: must be >= 2, got 1",
        "--set recipe.momentum: recipe.momentum: must be < 1, got 2",
        "s.yaml:4: recipe.epochs: must be >= 1, got 0",
        "s.yaml:11: recipe.lr: must be > 0, got -1",
    ]


def test_profiles_are_checked_when_not_asked_for(file_messages: FileMessages) -> None:
    text = TEXT.replace("epochs: 1}", "epochs: 0}")
    expected = ["s.yaml:11: recipe.epochs: must be >= 1, got 0"]
    assert file_messages(text) == [f"{expected[0]} (with profile quick)"]
    assert file_messages(text, profile="quick") == expected


def test_a_profile_is_not_blamed_for_the_bare_file(file_messages: FileMessages) -> None:
    assert file_messages(TEXT.replace("depth: 22", "depth: 23")) == [
        "s.yaml:7: variants.A.depth: must be 3n + 4 without a bottleneck, got 23; "
        "nearest: 22 and 25"
    ]


def test_a_setting_may_mend_the_file(tmp_path: Path) -> None:
    (tmp_path / "s.yaml").write_text(TEXT.replace("epochs: 2", "epochs: 0"))
    assert load_study(tmp_path / "s.yaml", sets=["recipe.epochs=3"]).file.recipe.epochs == 3


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"profile": "quik"}, "s.yaml:9: profiles: no profile `quik`. Did you mean `quick`?"),
        ({"profile": "x"}, "s.yaml:9: profiles: no profile `x`; valid: quick"),
        ({"sets": ["recipe.epoch=3"]},
         "--set recipe.epoch: recipe.epoch: unknown key `epoch`. Did you mean `epochs`?"),
        ({"sets": ["recipe=3"]}, "--set recipe: recipe: must be a map of settings, got 3"),
        ({"sets": ["baseline=", "variants.B={family: densenet, depth: 28}"]},
         "s.yaml:1: baseline: required key is missing"),
        ({"sets": ["seeds=3"]},
         "--set seeds: seeds: must be a list: [0, 1, 2] for the first 3, [3] for the one seed 3"),
        ({"sets": ["epochs=3"]},
         "--set epochs: epochs: unknown key `epochs`. Did you mean `recipe.epochs`?"),
        ({"sets": ["seeds[0]=3"]},
         "--set seeds[0]: seeds[0]: unknown key `seeds[0]`. Did you mean `seeds`?"),
        ({"sets": ["profiles.quick.seeds=[1]"]},
         "--set profiles.quick.seeds: profiles: is read from the file only: "
         "set what the profile would change"),
        ({"sets": ["variants.B.depth=22"]},
         "--set variants.B.depth: variants.B.family: required key is missing; "
         f"one of {', '.join([*FAMILIES, *LIBRARIES])}"),
    ],
)  # fmt: skip
def test_options_that_are_refused(
    file_messages: FileMessages, options: dict[str, Any], message: str
) -> None:
    assert file_messages(TEXT, **options) == [message]


def test_every_bad_setting_is_told(file_messages: FileMessages) -> None:
    assert file_messages(TEXT.replace("22", "23"), sets=["lr", "data.limit=[", "name=../x"]) == [
        "--set: must look like dotted.key=value, got 'lr'",
        "--set data.limit: not YAML: while parsing a flow node, expected the node content, "
        "but found '<stream end>'",
        "--set name: name: must be letters, digits, - and _, as a folder is named after it, "
        "got '../x'",
        "s.yaml:7: variants.A.depth: must be 3n + 4 without a bottleneck, got 23; "
        "nearest: 22 and 25",
    ]


def test_a_file_without_profiles_says_so(file_messages: FileMessages) -> None:
    text = TEXT[: TEXT.index("profiles")]
    assert file_messages(text, profile="p") == [
        "s.yaml:1: profiles: no profile `p`; the file has none"
    ]


def test_from_is_relative_to_the_study_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "found").mkdir()
    (tmp_path / "studies").mkdir()
    (tmp_path / "found" / "best.yaml").write_text("family: densenet\ndepth: 40\ngrowth_rate: 24\n")
    variant = "A: {from: ../found/best.yaml, growth_rate: 8, depth: null, block_layers: [3]}"
    text = TEXT.replace("A: {family: densenet, depth: 22}", variant)
    (tmp_path / "studies" / "s.yaml").write_text(text)
    monkeypatch.chdir(tmp_path / "found")
    made = load_study(tmp_path / "studies" / "s.yaml")
    assert made.points[0].architecture == DenseNet(block_layers=(3,), growth_rate=8)
    assert "from" not in made.tree.plain()["variants"]["A"]


def test_faults_of_a_file_name_that_file(tmp_path: Path, file_messages: FileMessages) -> None:
    (tmp_path / "bad.yaml").write_text("family: densenet\n\ndepth: 41\n")
    (tmp_path / "list.yaml").write_text("- 1\n")
    (tmp_path / "chain.yaml").write_text("from: bad.yaml\n")
    (tmp_path / "twice.yaml").write_text("depth: 1\ndepth: 2\n")
    variants = "".join(
        f"\n  {name}: {{from: {name}.yaml}}" for name in ("bad", "list", "chain", "twice", "no")
    )
    text = TEXT.replace("  A: {family: densenet, depth: 22}", variants[1:])
    assert file_messages(text.replace("baseline: A", "baseline: no")) == [
        "bad.yaml:3: variants.bad.depth: must be 3n + 4 without a bottleneck, got 41; "
        "nearest: 40 and 43",
        "chain.yaml:1: from: is read in a study only, not in the file it names",
        "list.yaml:1: must be a map of settings, got [1]",
        "s.yaml:11: variants.no.from: no.yaml: no such file",
        "twice.yaml:2: depth: duplicate key, first set on line 1",
    ]


def changes(tmp_path: Path, text: str) -> Path:
    (tmp_path / "base.yaml").write_text(TEXT)
    (tmp_path / "changed.yaml").write_text(text)
    return tmp_path / "changed.yaml"


def test_a_study_may_be_changes_to_another(tmp_path: Path) -> None:
    made = load_study(changes(tmp_path, CHANGES))
    assert (made.name, made.baseline, made.file.seeds) == ("changed", "A", (0,))
    depths = [(point.variant, point.architecture) for point in made.points]
    assert depths == [("A", DenseNet(depth=10)), ("C", DenseNet(depth=40))]
    assert not {"from", "profiles"} & set(made.tree.plain())


def test_its_profiles_change_profiles_and_a_null_in_them_still_removes(tmp_path: Path) -> None:
    path = changes(tmp_path, CHANGES)
    made = load_study(path, profile="quick")
    assert (made.file.recipe.epochs, made.file.seeds) == (7, (7,))
    assert [point.variant for point in made.points] == ["A"]
    assert load_study(path, profile="own").file.seeds == (5,)


def test_it_has_a_name_of_its_own(tmp_path: Path) -> None:
    with pytest.raises(SpecError, match=r"changed.yaml:1: name: required key is missing"):
        load_study(changes(tmp_path, CHANGES.replace("name: changed\n", "")))


@pytest.mark.parametrize(
    ("file", "message"),
    [
        ("3", "must be the path of a file, got 3"),
        ("none.yaml", "none.yaml: no such file"),
        ("changed.yaml", "is read in a study only, not in the file it names"),
        ("../base.yaml", "must be a file of the same folder, as what it names is looked for "
                         "beside the study, got '../base.yaml'"),
    ],
)  # fmt: skip
def test_a_study_of_no_other_is_told_only_that(tmp_path: Path, file: str, message: str) -> None:
    with pytest.raises(SpecError) as caught:
        load_study(changes(tmp_path, CHANGES.replace("base.yaml", file)))
    found = str(caught.value).strip().replace(f"{tmp_path}/", "")
    assert found == f"changed.yaml:1: from: {message}"


def test_its_faults_name_the_file_they_were_written_in(tmp_path: Path) -> None:
    path = changes(tmp_path, CHANGES.replace("{depth: 10}", "{depth: 41}"))
    (tmp_path / "base.yaml").write_text(TEXT.replace("dataset: cifar10", "dataset: cifar"))
    with pytest.raises(SpecError) as caught:
        load_study(path)
    lines = str(caught.value).replace(f"{tmp_path}/", "").splitlines()
    assert [line.strip() for line in lines] == [
        "base.yaml:2: data.dataset: unknown dataset 'cifar'. Did you mean `cifar10`?",
        "changed.yaml:4: variants.A.depth: must be 3n + 4 without a bottleneck, got 41; "
        "nearest: 40 and 43",
    ]


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    (tmp_path / "latin.yaml").write_bytes(b"name: \xe9\n")
    for name, message in {
        "none.yaml": "no such file",
        "": "is a folder, not a file",
        "latin.yaml": "is not UTF-8 text",
        "a\0b": "is not a file name",
    }.items():
        with pytest.raises(UsageError, match=message):
            read_file(f"{tmp_path}/{name}")


@pytest.mark.parametrize("text", ["- a\n", "hello\n", "null\n", "3\n"])
def test_a_study_is_a_map(file_messages: FileMessages, text: str) -> None:
    (message,) = file_messages(text)
    assert message.startswith("s.yaml:1: must be a map of settings, got ")


def test_a_study_with_a_byte_order_mark_loads(tmp_path: Path) -> None:
    (tmp_path / "s.yaml").write_bytes(b"\xef\xbb\xbf" + TEXT.replace("\n", "\r\n").encode())
    assert load_study(tmp_path / "s.yaml").name == "small"


def test_architectures_load_from_file_and_from_text(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text("family: densenet\ndepth: 40\n")
    assert load_architecture(tmp_path / "a.yaml") == DenseNet(depth=40)
    assert load_architecture("{family: resnet_preact, depth: 20}") == ResNetPreact(depth=20)
    with pytest.raises(SpecError, match="architecture:1: depth: must be 3n"):
        load_architecture("{family: densenet, depth: 41}")
    with pytest.raises(UsageError, match="no such file"):
        load_architecture("densenet")


@pytest.mark.parametrize(
    ("profile", "meant"),
    [
        ({"epochs": 3}, "recipe.epochs"),
        ({"split_seed": 3}, "data.split_seed"),
        ({"trials": 3}, "budget.trials"),
        ({"seed": [3]}, "seeds"),
    ],
)
def test_a_key_of_a_map_below_is_looked_for_there(profile: dict[str, Any], meant: str) -> None:
    study = {
        "name": "s",
        "data": {"dataset": "cifar10"},
        "variants": {"A": {"family": "densenet", "depth": 22}},
        "profiles": {"p": profile},
    }
    (key,) = profile
    with pytest.raises(SpecError) as caught:
        load_study(study)
    text = f"{key}: unknown key `{key}`. Did you mean `{meant}`? (with profile p)"
    assert str(caught.value) == f"study: {text}"
