"""The card: what a network is, how it was trained, and what its numbers are worth."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ablate.cells import Data, has_digests, plugged_in
from ablate.costs import Cost
from ablate.exporting.hub import front_matter
from ablate.exporting.preprocessing import PREPROCESSING, how_to_use
from ablate.machine import KEPT_CODE
from ablate.models import network_of
from ablate.networks import Architecture, CodeNetwork

_MARKUP = re.compile(r"[\\`*{}\[\]|~$]|<(?=[A-Za-z/!?])|&(?=#?\w+;)|(?<![^\W_])_|_(?![^\W_])")
NOT_VOUCHED = (
    "its result was written by a version that kept no digests: whether the weights are those that "
    "the error is of cannot be checked"
)


@dataclass(frozen=True)
class Card:
    """What a cell's own files do not say of it."""

    study: str  # title: name, or name@profile
    question: str
    label: str  # the variant and its sweep point
    numbers: str  # over all seeds, e.g. "23.41 ± 1.20 (n=3)"
    how_chosen: str  # why this cell and no other
    expected: str = ""  # of new seeds, without the luck of the choice; empty where it is not known
    seeds: str = ""  # when some were added after results could be seen
    times: str = ""  # as `ablate measure` found them, with the device


def write_card(
    card: Card,
    architecture: Architecture,
    documents: Mapping[str, Any],
    result: Mapping[str, Any],
    seen: Mapping[str, Any],
    cost: Cost,
    others: Sequence[str],
) -> str:
    """Everything known of a cell -> Markdown.

    `documents` is the content of cell.yaml, `seen` that of preprocessing.json, `others` a sentence
    for each other format that it is written in.
    """
    shape = (
        f"N x {architecture.in_channels} x {architecture.image_size} x {architecture.image_size}"
    )
    mean, std = (", ".join(map(str, result["normalisation"][key])) for key in ("mean", "std"))
    data, note = documents["data"], result["data_note"]
    names = " and the names of the classes" if seen["classes"] else ""
    question = f": {literal(card.question)}" if card.question.strip() else "."
    lines = [
        *front_matter(card.label, architecture, Data(**data), result),
        f"# {literal(card.label)}",
        "",
        f"From the study `{card.study}`{question}",
        literal(card.how_chosen),
        "",
        "| what | value |",
        "|---|---|",
        f"| {result['split']} error of this network | {result['error']:.2f} % |",
        *_picked(result),
        *_over_seeds(card, result["split"]),
        *([f"| seeds | {card.seeds} |"] if card.seeds else []),
        f"| loss | {result['loss']:.4f} nats |",
        f"| parameters | {cost.params:,} |",
        f"| MACs per image (FLOPs: twice that) | {cost.macs:,} |",
        f"| input | {shape}, float32, normalised |",
        f"| output | N x {architecture.classes} logits |",
        f"| architecture | `{_inline(documents['architecture'])}` |",
        *_code(architecture),
        f"| recipe | `{_inline(documents['recipe'])}`, seed {documents['seed']} |",
        f"| data | `{_inline(data)}`, content {result['data_sha256']}, "
        f"split {result['split_sha256']} |",
        *_code_of_training(documents["recipe"], Data(**data)),
        *([f"| data note | {literal(note)} |"] if note else []),
        *([f"| measured | {card.times} |"] if card.times else []),
        f"| trained on | {result['device']}, {result['train_seconds']:.0f} s |",
        f"| versions | ablate {result['ablate']}, torch {result['torch']} |",
        f"| cell | {result['key']} |",
        *([] if has_digests(result) else [f"| not checked | {NOT_VOUCHED} |"]),
        "",
        *how_to_use(seen, result["ablate"]),
        "",
        f"Normalise pixels in 0..255 as (pixel - mean) / std, mean ({mean}), std ({std}); "
        "pixels of another range are scaled to 0..255 first. "
        f"`{PREPROCESSING}` has these numbers, the size{names}.",
        *(line for other in others for line in ("", other)),
    ]
    return "\n".join(lines) + "\n"


def _code(architecture: Architecture) -> list[str]:
    """What code made it, and what weights it began with, where it is none of ours."""
    network = network_of(architecture)
    if not isinstance(network, CodeNetwork):
        return []
    file, begun = network.code.file, network.weights
    kept = f"; `{KEPT_CODE}/{Path(file).name}` is a copy, which is run to load it" if file else ""
    return [
        f"| code | {literal(network.code.described)}{kept} |",
        *([f"| first weights | {literal(begun.described)} |"] if begun else []),
    ]


def _code_of_training(recipe: Mapping[str, Any], data: Data) -> list[str]:
    """What code of a user's took part in its training, and what gave its images."""
    plugged, _ = plugged_in(recipe)
    told = {key: chosen.described for key, chosen in plugged.items()}
    told |= {"images": data.code.code.described} if data.is_code else {}
    return [f"| {key} from | {literal(text)} |" for key, text in told.items()]


def literal(text: str) -> str:
    """A user's text as Markdown that shows it as it was written, on one line: no HTML, no markup.

    What means nothing where it stands (# within a line, < before a number, _ within a word) stays
    as it is, so that the source can be read too.
    """
    return _MARKUP.sub(r"\\\g<0>", " ".join(text.split()))


def _over_seeds(card: Card, split: str) -> list[str]:
    """The mean error with its interval; of one that was chosen for it, what is to be expected."""
    if not card.expected:
        return [f"| {split} error over seeds, mean and 95% t interval | {card.numbers} |"]
    return [
        f"| {split} error over seeds, mean | {card.numbers} |",
        f"| the same to be expected of new seeds, 95% interval | {card.expected} |",
    ]


def _picked(result: Mapping[str, Any]) -> list[str]:
    """Which epoch it is of, where that was picked by held-out images."""
    if "validation_error" not in result:
        return []
    lowest = f"of lowest validation error, {result['validation_error']:.2f} %"
    return [f"| epoch | {result['reported_epoch']} of {result['epochs']}, {lowest} |"]


def _inline(document: Mapping[str, Any]) -> str:
    return ", ".join(f"{key}: {value}" for key, value in document.items())
