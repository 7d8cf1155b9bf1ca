"""Datasets that are code of a user's: a function that gives arrays of images and labels.

A study names one as `MODULE:NAME`, or by an entry point of the group `ablate.datasets`; its
parameters, but `root`, are the settings that the study may give.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

from pydantic import ConfigDict, create_model

from ablate.errors import Fault
from ablate.plugins import Code, NoSuchCode, entry_points, fields_of, find_code, is_code
from ablate.text import Frozen, from_plain, validate

GROUP = "ablate.datasets"
GIVEN = ("root",)  # the folder of all datasets, for those that take it


class _Settings(Frozen):
    model_config = ConfigDict(protected_namespaces=(), strict=True)  # 3.0 and "3" are no int


def code_datasets() -> list[str]:
    """The datasets that installed packages name."""
    return [*entry_points(GROUP)]


def is_code_dataset(name: str) -> bool:
    """Whether a dataset's name is meant as code, of a package or as `MODULE:NAME`."""
    return is_code(name) or name in entry_points(GROUP)


def dataset_code(name: str) -> Code:
    """The function behind such a name. Raises NoSuchCode."""
    return find_code(name, GROUP, "dataset")


def broken_settings(name: str, given: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Keys of `data:` and what is wrong with them: the name of the code, and its settings."""
    faults: list[Fault] = []
    try:
        code = dataset_code(name)
        validate(_settings(code, code.file), from_plain(dict(given), ""), (), faults)
    except NoSuchCode as error:
        yield "dataset", str(error)
    for fault in faults:
        yield ".".join(filter(None, ["settings", fault.key])), fault.message


def dataset_settings(name: str, given: Mapping[str, Any]) -> dict[str, Any]:
    """What the function is called with, defaults too. Raises NoSuchCode."""
    code = dataset_code(name)
    return _settings(code, code.file)(**given).model_dump()


@cache
def _settings(code: Code, file: str) -> type[_Settings]:
    fields = fields_of(code, GIVEN, lambda name: hasattr(_Settings, name))
    return create_model("CodeSettings", __base__=_Settings, **fields)
