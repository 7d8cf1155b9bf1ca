"""What the numbers of a comparison are: over what their intervals are, and of how many images."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ablate.analysis import plain_rows
from ablate.cells import METRICS
from ablate.text import points_text

if TYPE_CHECKING:
    import pandas as pd

    from ablate.claims import Comparison
    from ablate.contrasts import Basis, Effects

_FEW_IMAGES = 1_000  # below so many an image is more than a tenth of a point
_UNEQUAL = 0.005  # of a ratio that is told
LEAST_COVERED = 0.5  # of a curve: with less the answer is of a part of it


def lines_note(comparison: Comparison) -> str:
    """What the differences at equal cost are; empty where there are none."""
    lines, label = comparison.lines, METRICS[comparison.cost].label
    if not len(lines):
        return ""
    parts = [f"difference to {comparison.against}: mean over the {label} of both, on a log scale"]
    parts.append(basis_note(comparison.of_lines, comparison.images))
    for row in plain_rows(lines):
        if row["covered"] is not None and row["covered"] < LEAST_COVERED:
            share = f"{row['covered']:.0%} of a curve"
            parts.append(f"{row['variant']}: the {label} of both are {share} only")
        if row["cost_ratio"] is not None and row["difference"] is not None:
            parts.append(f"{row['variant']}: {label} are not equal, as the sweep changes none")
    if lines["ratio_reason"].eq("").any():
        parts.append(
            f"ratio: {label} over those of {comparison.against} at equal error, by the same "
            "comparison"
        )
    parts += [_losses(comparison, lines), _equality(comparison, lines)]
    return "; ".join(filter(None, parts))


def effects_note(effects: Effects, images: int) -> str:
    """What the differences between levels are."""
    if not effects.is_difference:
        return (
            "error: mean over the cells of a level, whatever else they differ in, as levels were "
            "not seen beside each other"
        )
    basis = effects.basis
    parts = [f"difference to {effects.against}", basis_note(basis, images)]
    if len(effects.interactions):
        parts[0] += ": mean over all combinations with the other factors' levels"
        parts.append("interaction: by how much an effect is another at another factor's level")
    if basis.over == "seeds" and effects.freedom < basis.freedom:
        degrees = f"{effects.freedom:.0f} degrees of freedom"
        parts.append(f"differences are judged by what seeds do to whole levels ({degrees})")
    return "; ".join([*filter(None, parts), *_of_order(effects)])


def _of_order(effects: Effects) -> list[str]:
    """What is taken for granted where combinations have no done cell."""
    without = "combinations without a done cell"
    if effects.order == 1:
        return [
            f"interactions cannot be told, for {without}: differences are as if there were none, "
            "and have no interval"
        ]
    return [f"{without} are taken to be sums of pairs of levels"] if effects.order else []


def rows_note(comparison: Comparison) -> str:
    """What the rows' intervals are, as far as they have any."""
    parts, rows = [comparison.shown], comparison.rows
    if rows["low"].notna().any():
        parts.append("\u00b1 is half the 95% t interval over seeds")
        if rows["n"].eq(2).any():
            parts.append("over 2 seeds it has 1 degree of freedom and its width is mostly luck")
    if comparison.images:
        parts.append(f"errors are of {comparison.images:,} images")
        if comparison.images < _FEW_IMAGES:
            points = f"one image more or less is {100 / comparison.images:.2f} points"
            parts[-1] += f", of which {points}"
    if rows["difference"].notna().any():
        keys = " and ".join(key.replace("_", " ") for key in comparison.matched)
        at = f" at equal {keys} (-: no such point)" if keys else ""
        parts.append(f"difference to {comparison.against}{at}")
        if comparison.of_lines.comparisons:
            parts[-1] += ", beside the lines above, which decide"
        if comparison.effects:
            parts[-1] += ", beside the effects above, which decide"
        parts.append(basis_note(comparison.of_rows, comparison.images, brief=comparison.is_second))
        parts.append(_networks(comparison))
        ratios = rows["cost_ratio"].dropna()
        if ((ratios - 1).abs() >= _UNEQUAL).any():
            label = METRICS[comparison.cost].label
            parts.append(f"cost ratio: {label} over those of what a row is set against")
        if not comparison.is_second:
            parts.append(_equality(comparison, rows))
    elif rows["lost"].notna().any():
        parts.append(f"difference to {comparison.against}")
    if not len(comparison.lines):
        parts.append(_losses(comparison, rows))
    if "front_share" in rows and rows["front_share"].notna().any():
        parts.append(
            "on front: how surely no other point that costs no more "
            f"({METRICS[comparison.cost].label}) has less error"
        )
    return "; ".join(filter(None, [*parts, *comparison.notes]))


def _losses(comparison: Comparison, claims: pd.DataFrame) -> str:
    """What cells mean that were lost through what was compared; empty where none was."""
    if not claims["lost"].notna().any():
        return ""
    return (
        "cells that diverged or failed count against their variant: nothing is claimed in its "
        "favour, and its difference is told by its bounds, these being like its others, or each "
        f"at the error of chance, {comparison.chance:.4g} %"
    )


def basis_note(basis: Basis, images: int, brief: bool = False) -> str:
    """Over what a family's intervals are, and of what deviation."""
    number = basis.comparisons
    if not basis.over:
        return "of one seed, without an interval" if number else ""
    together = "95% interval" if number == 1 else f"95% intervals of all {number} at once"
    if basis.over == "images":
        return f"[{together}, over the {images:,} images, as seeds leave no spread]"
    degrees = "1 degree" if round(basis.freedom) == 1 else f"{basis.freedom:.0f} degrees"
    if brief:
        return f"[{together}, from the same deviation]"
    over = over_text(basis.over, images)
    pooled = (
        f"[{together}, over {over}], from a deviation of {basis.deviation:.2f} points over seeds, "
        f"pooled over {basis.points} points ({degrees} of freedom)"
    )
    if basis.looked:
        pooled += f"; {_looks(basis)}"
    if basis.differ:
        return f"{pooled}, of each variant apart, as they clearly differ"
    return f"{pooled}, equal deviations assumed" if basis.differ is None else pooled


def _networks(comparison: Comparison) -> str:
    """What is said of single networks, or how to ask for it."""
    if comparison.of_rows.over:
        return ""
    if "mcnemar_p" not in comparison.rows:
        return "`--over images` asks whether the networks differ" * (comparison.over == "seeds")
    number = int(comparison.rows["mcnemar_p"].notna().sum())
    holm = f", by Holm's method for all {number}" if number > 1 else ""
    return (
        "only here, only there: images that this network alone gets wrong, or what it is set "
        f"against alone; McNemar p: of whether these two networks differ on such images{holm}, "
        "which says nothing of their designs, as another seed is another network"
    )


def over_text(over: str, images: int) -> str:
    """Over what intervals are, and over what they are not."""
    return f"{over} ({images:,} images)" if "images" in over else f"{over}, not over images"


def _looks(basis: Basis) -> str:
    """With how many seeds comparisons that race were decided, or are still open."""
    which = range(min(basis.looked), max(basis.looked) + 1)
    numbers = [f"{basis.looked.count(seeds)} with {seeds}" for seeds in which]
    some = ", ".join(number for number in numbers if not number.startswith("0 "))
    return (
        f"seeds went on where a comparison was open, to at most {basis.most_seeds}: last looked at "
        f"{some}; intervals hold over all looks, after Lan and DeMets"
    )


def _equality(comparison: Comparison, claims: pd.DataFrame) -> str:
    """What it would take to call something equal."""
    if comparison.margin:
        return f"margin: {points_text(comparison.margin)}"
    is_undecided = bool(claims["verdict"].eq("undecided").any())
    return "the study has no `margin:`, so nothing is called equal" if is_undecided else ""
