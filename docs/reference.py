"""Writes docs/reference/ from the code: `python docs/reference.py`.

A key, column, option or function that is not described here fails: the pages are complete by
construction, and a test compares them with what this file would write.
"""

from __future__ import annotations

import inspect
import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import typer

import ablate
from ablate import errors
from ablate.cells import AFTER_SWEEP, BEFORE_SWEEP, DATASETS, METRICS, PRESETS
from ablate.cli import app
from ablate.networks import FAMILIES
from ablate.study import study_schema

FOLDER = Path(__file__).parent / "reference"
GENERATED = "<!-- Written by docs/reference.py: edit the code, then run it. -->"
NETWORKS = {family: model.__name__ for family, model in FAMILIES.items()}

LINKS = {tuple(PRESETS): "#presets", tuple(DATASETS): "datasets.md"}
OF_A_MACHINE = 2**31 - 1  # bounds that are numbers' own

COLUMNS = {
    "study": "The study's name.",
    "profile": "Its profile; empty without one.",
    "key": "The cell's key: 12 hexadecimal digits of a hash of all that decides its result.",
    "variant": "The variant's name. What is swept follows in columns of its own.",
    "seed": "What the cell was drawn with.",
    "trial": "The suggestion's number, of a search.",
    "state": "`done`, or why not: `waiting`, `running`, `diverged`, `oom`, `pruned`, ...",
    "reason": "Of a failure, in words.",
    "attempts": "How often it was begun.",
    "split": "Which images the error is of: `validation` or `test`.",
    "epochs": "Of its recipe.",
    "error": "Percent of images that are wrong, at the last epoch.",
    "loss": "Cross-entropy in nats.",
    "top5_error": "Percent whose class is not among the five likeliest; of streamed images.",
    "ten_crop_error": "Percent, by the mean of the probabilities of ten crops; of streamed images.",
    "ten_crop_top5_error": "Likewise.",
    "stopped_epoch": "Where a cell ended that did not reach its last epoch.",
    "stopped_error": "Its error there, in percent.",
    "shared_by": "How many cells trained on the device at most while this one did.",
    "devices_per_cell": "How many devices trained it together; only where several did some cell.",
    "device": "What it was trained on.",
    "torch": "The version.",
    "ablate": "The version.",
    "data_note": "What is to know of the images: duplicates of those trained on, for example.",
    "data_sha256": "Of the images.",
    "split_sha256": "Of which of them were held out.",
}
RUN_FOLDER = {
    "study.yaml": "The resolved study.",
    "plan.json": "Every cell with its costs; what a suggestion or a step of a path was.",
    "study.db": "The record of every attempt, an Optuna study in SQLite.",
    "code/": "Files beside the study that it names as families, datasets or weights, as they were.",
    "storage.json": "In its place, where the record is on a server: the address, without password.",
    "cells/KEY/cell.yaml": "A cell's resolved architecture, data, recipe and seed.",
    "cells/KEY/curve.csv": "A row per epoch.",
    "cells/KEY/model.safetensors": "Its weights.",
    "cells/KEY/predictions.safetensors": "The class it takes each evaluated image for.",
    "cells/KEY/result.json": "What came out, environment, hashes of the other files; written last.",
    "cells/KEY/checkpoint.pt": "Of its last epoch, until it is done.",
    "cells/KEY/checkpoint.before.pt": "Of the epoch before, for where the last is damaged.",
    "cells/KEY/log.txt": "What it said.",
    "cells/KEY/refused/": "Files that were not what they had been written as.",
    "results.csv": "A row per cell (below).",
    "measurements.csv": "Of `ablate measure`: a row per network and implementation.",
    "report.html": "The page that tells it all, see [the report page](../report.md).",
    "logs/": "What `--log tensorboard` and `--log wandb` write, see [watching](../watching.md).",
    "figures/": "PNG, SVG and the table that is drawn.",
    "confirm/": "A run folder of what `ablate confirm` trained.",
}


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Rows of a Markdown table."""
    escaped = [[cell.replace("|", "\\|").replace("\n", " ") for cell in row] for row in rows]
    lines = [head, ["---"] * len(head), *escaped]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def code(value: Any) -> str:
    """A value as a study file has it."""
    return f"`{json.dumps(value) if not isinstance(value, str) else value}`"


def values(schema: Mapping[str, Any]) -> str:
    """What a JSON Schema lets in, in words."""
    if "$ref" in schema:
        name = schema["$ref"].rsplit("/", 1)[-1]
        page = "families.md" if name.removesuffix("Space") in NETWORKS.values() else ""
        return f"[{name}]({page}#{name.removesuffix('Space').lower()})"
    if choices := schema.get("oneOf") or schema.get("anyOf"):
        return " or ".join(dict.fromkeys(values(each) for each in choices))
    if "const" in schema:
        return code(schema["const"])
    if "enum" in schema:
        return ", ".join(
            f"[{code(each)}]({LINKS[each]})" if each in LINKS else code(each)
            for each in schema["enum"]
        )
    kind = schema.get("type", "")
    if kind == "array":
        least = f", at least {n}" if (n := schema.get("minItems", 0)) > 1 else ""
        inside = values(schema["items"]) if schema.get("items") else "values"
        inside = re.sub(r"\b(number|text)\b", r"\1s", inside)
        return f"a list of {inside}{least}"
    if kind == "object":
        own = schema.get("properties")
        inside = ", ".join(f"{key}: {values(each)}" for key, each in (own or {}).items())
        return f"a map {{{inside}}}" if own and len(inside) < 200 else "a map"
    words = {"integer": "whole number", "number": "number", "string": "text"}
    words |= {"boolean": "`true`, `false`", "null": "`null`"}
    return words.get(kind, "any value") + _bounds(schema)


def _bounds(schema: Mapping[str, Any]) -> str:
    signs = {"minimum": ">=", "exclusiveMinimum": ">", "maximum": "<=", "exclusiveMaximum": "<"}
    signs |= {"ge": ">=", "gt": ">", "le": "<=", "lt": "<"}  # pydantic's, of checked numbers
    known = [
        f"{sign} {schema[name]:,}"
        for name, sign in signs.items()
        if name in schema and schema[name] < OF_A_MACHINE
    ]
    return f" {', '.join(known)}" if known else ""


def keys(schema: Mapping[str, Any], without: Sequence[str] = ()) -> str:
    """The table of a map's keys."""
    rows, required = [], schema.get("required", ())
    for key, own in schema["properties"].items():
        if key in without:
            continue
        default = "required" if key in required else ""
        if not default and "default" in own:
            default = "" if own["default"] == "" or "$ref" in own else code(own["default"])
        rows.append([f"`{key}`", values(own), default, own["description"]])
    return table(["key", "values", "default", "what it is"], rows)


def study() -> Iterator[str]:
    """Every key of a study file."""
    schema = study_schema()
    whole, models = schema["else"], schema["$defs"]
    yield "# The study file"
    yield (
        "YAML, checked as a whole before anything happens; every fault is told with its line. "
        "`ablate schema` prints the same as a JSON Schema, from which editors complete. A file "
        "that begins with `from: OTHER.yaml` changes that one: maps merge, `null` removes."
    )
    # Of a search the space is a map of settings and ranges; of variants each is a network.
    shown = dict(whole["properties"])
    shown["variants"] = {
        "type": "object",
        "description": "Name -> a network of a [family](families.md), with `sweep:`, `recipe:` "
        "and `match:` of its own; or `from:` another variant, and changes.",
    }
    shown["space"] = {
        "anyOf": [{"type": "string"}, {"type": "object"}],
        "description": "Of a [family](families.md), any setting a [Range](#range); or a file.",
    }
    shown["profiles"] = {**shown["profiles"], "properties": None, "type": "object"}
    yield keys({**whole, "properties": shown})
    written = {
        "Data": "`data:`",
        "Recipe": "`recipe:`",
        "Design": "`design:`",
        "Match": "`match:`",
        "Race": "`seeds:` as a map",
        "Sampler": "`sampler:`",
        "Pruner": "`pruner:`",
        "Budget": "`budget:`",
    }
    for name, where in written.items():
        model = models[name]
        yield f"## {name}"
        yield f"{where}: {model['description']}" if "description" in model else where
        for choice in ("baseline", "changes", "factors"):
            if name == "Design":
                model["properties"][choice] |= {"properties": None}
        yield keys(model)
    yield "## Presets"
    yield "What each sets beyond the defaults of `recipe:`."
    rows = [
        [f"`{name}`", ", ".join(f"`{k}: {v}`" for k, v in own.items())]
        for name, own in PRESETS.items()
    ]
    yield table(["preset", "sets"], rows)
    yield "## Range"
    yield "In a `space:`, in place of a setting's value: what a search may choose."
    forms = [code("{int: [LOW, HIGH]}"), code("{float: [LOW, HIGH]}"), code("{choice: [A, B]}")]
    meanings = [
        "Whole numbers, both ends included; `step: n`, or `log: true` for a log scale.",
        "Likewise, real numbers.",
        "One of these; a map or a list may have ranges in it.",
    ]
    yield table(["range", "what it holds"], list(zip(forms, meanings, strict=True)))
    yield f"`when:` makes a setting exist only under a condition: {models['When']['description']}."


def families() -> Iterator[str]:
    """Every family with every setting."""
    models = study_schema()["$defs"]
    yield "# Families of networks"
    yield (
        "`{family: NAME, ...}` in a study's `variants:`, `design:` or `space:`, and for "
        "`ablate cost`. `in_channels`, `classes` and `image_size` are the data's unless written."
    )
    shared = ("family", "in_channels", "classes", "image_size", "sweep", "recipe", "match")
    for family, name in NETWORKS.items():
        yield f"## {name}"
        yield f"`family: {family}`. {models[name]['description']}"
        yield keys(models[name], without=shared)


def datasets() -> Iterator[str]:
    """Every dataset with its facts."""
    yield "# Datasets"
    yield "`data: {dataset: NAME}`; [what files are looked for](../data.md)."
    rows = []
    for name, facts in DATASETS.items():
        if facts is None:
            rows.append([f"`{name}`", "yours", "yours", "yours", "yours"])
            continue
        size = f"{facts.image_size} x {facts.image_size} x {facts.channels}"
        held = f"{facts.train_images - facts.hold_out:,} + {facts.hold_out:,}"
        rows.append([f"`{name}`", size, str(facts.classes), held, f"{facts.test_images:,}"])
    yield table(["dataset", "images", "classes", "train + held out", "test"], rows)


def commands() -> Iterator[str]:
    """Every verb with every option."""
    yield "# Commands"
    yield from _commands(typer.main.get_command(app), "ablate")


def _commands(command: Any, name: str) -> Iterator[str]:
    if inner := getattr(command, "commands", None):
        for word, each in inner.items():
            yield from _commands(each, f"{name} {word}")
        return
    yield f"## {name}"
    yield inspect.cleandoc(command.help)
    rows = []
    for each in command.params:
        if each.name in ("help", "install_completion", "show_completion"):
            continue
        is_argument = each.param_type_name == "argument"
        names = each.name.upper() if is_argument else ", ".join((*each.opts, *each.secondary_opts))
        default = each.default
        is_told = default not in (None, False, "", (), []) and not callable(default)
        rows.append([f"`{names}`", code(str(default)) if is_told else "", each.help])
    yield table(["argument or option", "default", "what it is"], rows) if rows else ""


def results() -> Iterator[str]:
    """The run folder, and every column of results.csv."""
    yield "# The run folder"
    yield "`runs/NAME`, with a profile `runs/NAME@PROFILE`."
    yield table(["file", "what it is"], [[f"`{name}`", text] for name, text in RUN_FOLDER.items()])
    yield "## results.csv"
    yield (
        "A row per cell of the plan, in its order. `ablate.results` reads it as a DataFrame; in "
        "the file a text that a spreadsheet would compute has a `'` before it."
    )
    rows = []
    for name, dtype in (BEFORE_SWEEP | AFTER_SWEEP).items():
        if name in METRICS and name not in COLUMNS:
            label, unit = METRICS[name].full_label, METRICS[name].unit
            text = f"{label[0].upper()}{label[1:]}{', ' * bool(unit)}{unit}."
        else:
            text = COLUMNS[name]
        rows.append([f"`{name}`", dtype, text])
    yield table(["column", "type", "what it is"], rows)


def exit_codes() -> Iterator[str]:
    """Every exit code and exception."""
    yield "# Exit codes and exceptions"
    yield "Every error that is raised on purpose is an `ablate.errors.AblateError`."
    rows = [["0", "", "Complete."]]
    for each in _tree(errors.AblateError):
        if not issubclass(each, errors.CellOutcome):
            summary = inspect.cleandoc(each.__doc__ or "").splitlines()[0]
            rows.append([str(each.exit_code), f"`{each.__name__}`", summary])
    rows.sort(key=lambda row: int(row[0]))
    yield table(["code", "exception", "what it says"], rows)
    yield "What ends one cell, never the study, is a `CellOutcome`; results.csv has its state."
    rows = [
        [f"`{each.state}`", f"`{each.__name__}`", inspect.cleandoc(each.__doc__ or "")]
        for each in _tree(errors.CellOutcome)
        if each is not errors.CellOutcome
    ]
    yield table(["state", "exception", "what it says"], rows)


def _tree(root: type[errors.AblateError]) -> Iterator[type[errors.AblateError]]:
    yield root
    for each in root.__subclasses__():
        if each.__module__ == errors.__name__:
            yield from _tree(each)


def python() -> Iterator[str]:
    """Every name that `ablate` opens."""
    yield "# From Python"
    yield (
        "`import ablate`: every verb of the command line is a function. Where a study or an "
        "architecture is wanted, the plain map of one will do, with the messages that its file "
        "would have. A script that calls `run` or `confirm` needs "
        '`if __name__ == "__main__":`, as workers are spawned; with `jobs=0` cells train one after '
        "the other in the process that calls, for debuggers, notebooks and tests."
    )
    yield (
        "In a notebook the last line of a cell shows plans, previews, costs, architectures, "
        "comparisons, how a run stands and figures, as tables and pictures; anywhere else "
        "`print` has the tables as text. `run` and `confirm` say there how far they are, in one "
        "output that changes; `on_event` hears of it instead, and of everything else that ends. "
        "[A notebook](../../examples/compression.ipynb) and "
        "[a script](../../examples/growth_or_depth.txt) are there with what they print."
    )
    for name in ablate.__all__:
        function = getattr(ablate, name)
        if not callable(function):
            continue
        signature = re.sub(r"(: |-> )'([^']*)'", r"\1\2", str(inspect.signature(function)))
        signature = re.sub(r"<function .*?>+( at \w+>)?", "...", signature)
        yield f"## ablate.{name}"
        yield f"```python\n{name}{signature}\n```"
        yield inspect.cleandoc(function.__doc__ or "")


PAGES: dict[str, Callable[[], Iterator[str]]] = {
    "study_file": study,
    "families": families,
    "datasets": datasets,
    "commands": commands,
    "run_folder": results,
    "exit_codes": exit_codes,
    "python": python,
}


def page(name: str) -> str:
    """The Markdown of a page."""
    title, *rest = [part for part in PAGES[name]() if part]
    return "\n\n".join([title, GENERATED, *rest]) + "\n"


if __name__ == "__main__":
    FOLDER.mkdir(exist_ok=True)
    for name in PAGES:
        (FOLDER / f"{name}.md").write_text(page(name), encoding="utf-8")
