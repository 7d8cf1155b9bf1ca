"""Image classifiers of torchvision and timm: their names, what their builders take, the modules."""

from __future__ import annotations

import inspect
import types
import warnings
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from functools import cache
from importlib import metadata
from typing import TYPE_CHECKING, Any, Union, get_args, get_origin

from ablate.plugins.finding import Code, NoSuchCode
from ablate.text import show

if TYPE_CHECKING:
    from torch import nn

LIBRARIES = ("torchvision", "timm")
# What they call what is the data's, or ours to say.
OF_DATA = {
    "num_classes": "is the data's number of classes: leave it out, or write `classes`",
    "in_chans": "is the data's: leave it out, or write `in_channels`",
    "img_size": "is the data's: leave it out, or write `image_size`",
    "pretrained": "nothing is downloaded: `weights: FILE` is a state dict that you have saved",
    "aux_logits": "is false here: ablate trains one classifier",
}
_OURS = {*OF_DATA, "family", "from", "match", "model", "recipe", "sweep", "weights", "progress"}
_OURS |= {"in_channels", "classes", "image_size", "init_weights", "device", "dtype"}
_PLAIN = (bool, int, float, str, type(None), ...)


@dataclass(frozen=True)
class LibraryModel:
    """A model of a library, as a family of one network."""

    code: Code
    settings: Mapping[str, Any]  # what its builder takes by name -> annotation, or Any
    is_open: bool  # its builder takes others too, and says itself what is wrong with one
    in_channels: int | None  # that it is for; None: any number


@cache
def library_model(library: str, name: str) -> LibraryModel:
    """A name in a library -> its model, which is built on the meta device to see what it takes.

    Raises NoSuchCode for what is no image classifier there, and for a library that is not here.
    """
    import torch

    function = inspect.unwrap(_function(library, name))
    with torch.device("meta"), torch.random.fork_rng(devices=[]), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of what it will not be trained with
        made = type(_Builder(library, name).make())
    own = inspect.signature(made).parameters
    # Keys go through helpers that take some of them, as `width_mult` of MobileNets.
    named: Any = [function.__globals__.get(each) for each in function.__code__.co_names]
    functions: list[Callable[..., Any]] = [made, *filter(inspect.isfunction, named)]
    settings = {key: kind for each in functions for key, kind in _settings(each).items()}
    size = next((key for key in ("img_size", "image_size") if key in own), "")
    has_companions = "aux_logits" in own
    fixed = {"aux_logits": False, "init_weights": True} if has_companions else {}
    package = f"{library} {metadata.version(library).partition('+')[0]}"  # `+cpu` is no other code
    builder = _Builder(library, name, size, fixed)
    return LibraryModel(
        Code(f"{library}:{name}", builder, syntax="", package=package, file=""),
        settings,
        is_open=library == "timm" and any(each.kind == each.VAR_KEYWORD for each in own.values()),
        in_channels=3 if library == "torchvision" else None,
    )


def _function(library: str, name: str) -> Callable[..., nn.Module]:
    if library == "torchvision":
        from torchvision import models

        classifiers = models.list_models(module=models)
        if name in models.list_models() and name not in classifiers:
            made_in = models.get_model_builder(name).__module__
            raise NoSuchCode(f"must be an image classifier, got {name} of {made_in}")
        _check_name(library, name, classifiers)
        return models.get_model_builder(name)
    try:
        import timm
    except ImportError as error:
        mend = "" if error.name == "timm" else f" ({error})"
        raise NoSuchCode(f"timm is not installed: pip install 'ablate-nn[timm]'{mend}") from error
    _check_name(library, name, timm.list_models())
    function: Callable[..., nn.Module] = timm.model_entrypoint(name)
    return function


def _check_name(library: str, name: str, names: Iterable[str]) -> None:
    names = list(names)
    if name in names:
        return
    bare = name.partition(".")[0]  # timm's names may end in those of weights
    near = [bare] if bare in names else get_close_matches(name.lower(), names, cutoff=0.6)
    hint = f"; nearest: {', '.join(near)}" if near else f"; `{library}` has {len(names)} models"
    raise NoSuchCode(f"no image classifier {show(name)} in {library}{hint}")


def _settings(function: Callable[..., Any]) -> dict[str, Any]:
    """What can be written of a function's parameters -> annotation; Any where it says nothing."""
    try:
        found = inspect.signature(function, eval_str=True).parameters
    except (NameError, TypeError):
        found = inspect.signature(function).parameters
    return {
        name: each.annotation if _is_plain(each.annotation) else Any
        for name, each in found.items()
        if each.default is not each.empty and name not in _OURS and not name.startswith("_")
    }


def _is_plain(kind: Any) -> bool:
    """Whether an annotation is of values that a study file holds, and of no class of layers."""
    if get_origin(kind) in (Union, types.UnionType, tuple, list):
        return all(map(_is_plain, get_args(kind)))
    return kind in _PLAIN


@dataclass(frozen=True)
class _Builder:
    """A model's builder, as families are called: what it makes has weights drawn at random."""

    library: str
    name: str
    size: str = ""  # what it calls the images' size, if it asks for it
    fixed: Mapping[str, Any] = field(default_factory=dict)

    def __call__(
        self, in_channels: int, classes: int, image_size: int, **settings: Any
    ) -> nn.Module:
        channels = {"in_chans": in_channels} if self.library == "timm" else {}
        size = {self.size: image_size} if self.size else {}
        return self.make(**self.fixed, **channels, **size, num_classes=classes, **settings)

    def make(self, **settings: Any) -> nn.Module:
        """With all else as its library has it."""
        import torch

        try:
            return self._made(settings)
        except NotImplementedError:
            # RegNets compute their widths by tensors, which have no numbers on the meta device.
            if torch.get_default_device().type != "meta":
                raise
        from ablate.plugins.unfilled import Unfilled

        with torch.device("cpu"), Unfilled():
            return self._made(settings).to("meta")

    def _made(self, settings: Mapping[str, Any]) -> nn.Module:
        if self.library == "torchvision":
            from torchvision.models import get_model

            return get_model(self.name, weights=None, **settings)
        from timm import create_model

        made: nn.Module = create_model(self.name, pretrained=False, **settings)
        return made
