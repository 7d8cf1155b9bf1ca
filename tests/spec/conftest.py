"""A small valid study that tests break or extend, and the faults of one."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ablate.errors import SpecError
from ablate.spec import Study, load_study

SMALL: dict[str, Any] = {
    "name": "small",
    "data": {"dataset": "cifar10", "augment": True},
    "recipe": {"epochs": 2},
    "baseline": "A",
    "variants": {"A": {"family": "densenet", "depth": 22}},
}


@pytest.fixture
def study() -> Callable[..., Study]:
    """`study(seeds=[0, 1], profile="p")`: the small study with other top-level keys."""

    def load(*, profile: str = "", sets: tuple[str, ...] = (), **changes: Any) -> Study:
        return load_study({**SMALL, **changes}, profile=profile, sets=sets)

    return load


@pytest.fixture
def messages(study: Callable[..., Study]) -> Callable[..., list[str]]:
    """`messages(seeds=[])`: the faults of the small study so changed, as `key: message`."""

    def load(**changes: Any) -> list[str]:
        with pytest.raises(SpecError) as caught:
            study(**changes)
        return [f"{fault.key}: {fault.message}" for fault in caught.value.faults]

    return load


@pytest.fixture
def file_messages(tmp_path: Path) -> Callable[..., list[str]]:
    """`file_messages(text)`: the faults of a study file of that text, less its folder."""

    def load(text: str, **options: Any) -> list[str]:
        path = tmp_path / "s.yaml"
        path.write_text(text, encoding="utf-8")
        with pytest.raises(SpecError) as caught:
            load_study(path, **options)
        return str(caught.value).replace(f"{tmp_path}/", "").splitlines()

    return load
