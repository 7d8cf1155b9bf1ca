"""Families that are libraries of image classifiers: torchvision and timm, a model by its name."""

from __future__ import annotations

import json
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Any, Literal, Self

from pydantic import BaseModel, ConfigDict, ValidationError, create_model, model_validator

from ablate.machine import code_folders, look_for_code
from ablate.networks.architecture import IMAGENET_INPUT, Architecture
from ablate.networks.code import CodeNetwork
from ablate.plugins import OF_DATA, LibraryModel, NoSuchCode, Weights, library_model
from ablate.text import Text, check_rules, faults_of, from_plain


class LibraryArchitecture(Architecture):
    """A model of a library; all other keys are what its builder takes, by its library's names."""

    model_config = ConfigDict(extra="allow", protected_namespaces=())
    family: Literal["torchvision", "timm"]
    model: Text
    """Its name in its library, as `list_models()` there has it."""
    weights: Text | None = None
    """A file with a state dict that training begins with, its path from the study file's folder;
    null: weights are drawn. The head is left out where it is of other classes."""

    @classmethod
    def takes(cls, setting: str) -> bool:
        return setting not in ("from", "match", "recipe", "sweep")

    def trained(self) -> Self:
        return self.model_copy(update={"weights": None})

    @property
    def library_model(self) -> LibraryModel:
        return library_model(self.family, self.model)

    @property
    def own(self) -> dict[str, Any]:
        """What is given to the model's builder; null leaves a setting to its library."""
        written = self.model_extra or {}
        return {key: value for key, value in written.items() if value is not None}

    @model_validator(mode="after")
    def _check(self) -> Self:
        check_rules(self._broken())
        return self

    def _broken(self) -> Iterable[tuple[str, str]]:
        try:
            settings = _settings(self.family, self.model)
        except NoSuchCode as error:
            yield ("model", str(error))
            return
        of_data = [key for key in self.model_extra or {} if key in OF_DATA]
        yield from ((key, OF_DATA[key]) for key in of_data)
        written = {
            key: each for key, each in (self.model_extra or {}).items() if key not in OF_DATA
        }
        try:  # as JSON, of whose lists pydantic makes tuples though it is strict
            settings.model_validate_json(json.dumps(written))
        except ValidationError as error:
            for fault in faults_of(error, settings, from_plain(written, ""), ()):
                yield (fault.key, fault.message)

    def usual_input(self) -> dict[str, int]:
        """ImageNet's: what the library's own numbers are of."""
        return IMAGENET_INPUT

    def vanishing(self) -> list[tuple[str, str]]:
        takes = self.library_model.in_channels
        if takes in (None, self.in_channels):
            return []
        rule = f"torchvision's models take images of {takes} channels, got {self.in_channels}"
        return [("family", f"{rule}; timm's take any number")]

    def network(self) -> CodeNetwork:
        weights = Weights(self.weights) if self.weights else None
        return CodeNetwork(*self.resolved_input(), self.library_model.code, self.own, weights)

    def __reduce__(self) -> tuple[Any, ...]:
        """Other processes look for the weights where this one does."""
        return _again, (code_folders(), self.model_dump(exclude_unset=True))


def _again(folders: Iterable[Path], values: dict[str, Any]) -> LibraryArchitecture:
    for folder in folders:
        look_for_code(folder)
    return LibraryArchitecture.model_validate(values)


@cache
def _settings(library: str, name: str) -> type[BaseModel]:
    """What a model's builder takes, each of which may be null. Raises NoSuchCode."""
    found = library_model(library, name)
    fields: Any = {key: (kind | None, None) for key, kind in found.settings.items()}
    extra: Literal["allow", "forbid"] = "allow" if found.is_open else "forbid"
    config = ConfigDict(strict=True, protected_namespaces=(), extra=extra)
    return create_model("Settings", __config__=config, **fields)
