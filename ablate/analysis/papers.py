"""Numbers that papers published, and which of them stand beside which of ours.

They are never mixed into ours: no mean, interval or front has one in it.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pandas as pd

from ablate.analysis.means import means
from ablate.analysis.points import distinct
from ablate.analysis.results import Results
from ablate.cells import PUBLISHED, published_names
from ablate.errors import UsageError

_FOLDER = Path(__file__).parent / "published"
# Words of a variant's name that tell no network from another.
_FILLERS = frozenset({"with", "and", "of", "the", "depth", "growth", "rate", "bc"})
# Column behind `published_` -> that of published_of().
_THEIRS = {"network": "name", "split": "split", "epochs": "epochs", "source": "source"}
_OF_NETWORKS = ("params", "macs", "flops")  # costs that no implementation changes
# Columns that `beside_published()` adds -> dtype.
_BESIDE = {
    "published": "Float64",
    "published_difference": "Float64",
    "published_network": "string",
    "published_split": "string",
    "published_epochs": "Int64",
    "published_source": "string",
}


def published(name: str) -> pd.DataFrame:
    """Numbers of a published figure or table; the column `source` says where they are from.

    Those of studies that train have a row per network and dataset: network, depth, growth_rate,
    data (as papers call it), split and error in percent, epochs where known, params and flops (2
    per multiply-add, as papers count) as printed or read, and `counted`, the parameters as we build
    it.
    """
    return pd.read_csv(_FOLDER / f"{name}.csv")


def published_of(results: Results) -> pd.DataFrame:
    """Cells -> the published numbers that their study names, on its data; none named, no rows.

    `macs` and the network's full `name` are added to the columns of `published()`.
    """
    name, subject = results.head.published, results.head.subject
    found = published(name or next(iter(PUBLISHED)))
    wanted = found["data"].eq(subject) if name else pd.Series(False, found.index)
    found = found[wanted].reset_index(drop=True)
    found["macs"] = found["flops"] / 2
    found["name"] = [_full_name(row) for row in found.to_dict("records")]
    return found


def _full_name(row: dict[Any, Any]) -> str:
    """`DenseNet-BC 100-12`; as it is where the depth is in it, as in DenseNet-121."""
    numbers = [f"{row[key]:.0f}" for key in ("depth", "growth_rate") if not pd.isna(row[key])]
    if not numbers or numbers[0] in str(row["network"]):
        return str(row["network"])
    return f"{row['network']} {'-'.join(numbers)}"


def counterparts(rows: pd.DataFrame, found: pd.DataFrame) -> list[int | None]:
    """Rows with `variant` and `params` -> the row of `published_of()` that is the same network.

    That has as many parameters as we count in it, and every word of the variant's name (one at
    least, numbers and single letters aside) in its own: equal counts alone are shared by a network
    and itself with stochastic depth, and a variant called `adamw` is not what was published. Of
    several the one with the fewest other words, and of these the first.
    """
    theirs = [_words(name) for name in found["network"]]
    matched: list[int | None] = []
    for variant, params in zip(rows["variant"], rows["params"], strict=True):
        ours = _words(str(variant))
        same = found.index[found["counted"].eq(-1 if pd.isna(params) else params)]
        fitting = [int(i) for i in same if ours and ours <= theirs[i]]
        matched.append(min(fitting, key=lambda i: len(theirs[i]), default=None))
    return matched


def _words(name: str) -> frozenset[str]:
    """`ResNet (pre-activation) 164` -> resnet, pre, activation."""
    words = re.findall(r"[a-z]+", name.lower())
    return frozenset(word for word in words if len(word) > 1) - _FILLERS


def published_points(results: Results, cost: str) -> pd.DataFrame:
    """Cells -> the published points that have this cost: name, `cost`, error, split, `row`.

    `row` is that of `frontier_data()` which is the same network, missing where we have none. Such a
    point has our count of parameters, MACs or FLOPs, as what is printed is rounded or not at all.
    """
    found, ours = published_of(results), means(results.cells)
    rows: dict[int, int] = {}
    for row, theirs in enumerate(counterparts(ours, found)):
        if theirs is not None:
            rows.setdefault(theirs, row)
    found["row"] = pd.Series([rows.get(i) for i in found.index], dtype="Int64")
    printed = found[cost] if cost in found else pd.Series(pd.NA, found.index)
    found["cost"] = printed.astype("Float64")
    if cost in _OF_NETWORKS:
        matched = found["row"].notna()
        counted = ours[cost].iloc[found.loc[matched, "row"]].astype("Float64")
        found.loc[matched, "cost"] = counted.to_numpy()
    return found.loc[found["cost"].notna(), ["name", "cost", "error", "split", "row"]]


def published_ends(results: Results, curve: pd.DataFrame) -> pd.DataFrame:
    """Cells and their `curves_data()` -> where published networks ended that are among its labels.

    A row per such label: label, name, error, split, epochs (missing where the paper does not say).
    """
    found = published_of(results)
    labels = curve[curve["label"].ne("")].drop_duplicates("label")
    cells = results.cells.drop_duplicates("key").set_index("key")
    ours = pd.DataFrame(
        {"variant": labels["variant"], "params": labels["key"].map(cells["params"])}
    )
    pairs = zip(labels["label"], counterparts(ours, found), strict=True)
    same = {label: i for label, i in pairs if i is not None}
    ends = found.loc[list(same.values()), ["name", "error", "split", "epochs"]]
    return ends.assign(label=list(same))


def beside_published(rows: pd.DataFrame, results: Results) -> tuple[pd.DataFrame, str]:
    """A row per point -> the same with what was published of its network, and a note on both.

    `published` is its error in percent, `published_difference` ours minus that, then its network,
    split, epochs (missing where the table does not say) and source; all are missing in rows without
    a counterpart. Raises UsageError where the study names no published numbers.
    """
    if not results.head.published:
        known = ", ".join(published_names("train"))
        raise UsageError(
            f"--published: the study names none; write `published:` into its file, one of {known}, "
            "and `ablate run` it again, which trains nothing"
        )
    found = published_of(results)
    indices = counterparts(rows, found)
    theirs = found.reindex([-1 if i is None else i for i in indices])
    theirs.index = rows.index
    difference = rows["error"] - theirs["error"]
    columns = {f"published_{column}": theirs[name] for column, name in _THEIRS.items()}
    beside = rows.assign(published=theirs["error"], published_difference=difference, **columns)
    beside = beside.astype(_BESIDE)
    return beside, _note(beside, results)


def _note(beside: pd.DataFrame, results: Results) -> str:
    """What the two errors are of, and after how many epochs; the difference is no more than that.

    `published: test error after 300 epochs (CVPR 2017 Table 2); ours: validation error after 30`
    """
    head, cells = results.head, results.cells
    title = PUBLISHED[head.published].title
    theirs = beside[beside["published"].notna()]
    if theirs.empty:
        return f"no row has a network of {title} on {head.subject}"
    known = [str(epochs) for epochs in theirs["published_epochs"].dropna().unique()]
    if theirs["published_epochs"].isna().any():
        known.append("as in each network's own paper")
    splits = " / ".join(theirs["published_split"].unique())
    ours = beside.loc[beside["published"].notna(), "split"]
    done = cells[cells["state"].eq("done")]
    epochs = distinct(done["epochs"])
    how = ", at the epoch of lowest validation error" if head.picks else ""
    return (
        f"published: {splits} error, epochs {' or '.join(known)} ({title}); "
        f"ours: {' / '.join(ours.unique())} error, epochs {epochs}{how}"
    )
