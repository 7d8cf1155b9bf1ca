"""The sentence that answers a study's question, with its certainty."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ablate.analysis import plain_rows
from ablate.claims.losses import LOST
from ablate.contrasts import Basis, Effects, level_text
from ablate.text import bounds_text, difference_text, is_missing, points_text, ratio_text

# Verdict -> what it says of several variants, in the order in which they are told.
_GROUPS = {
    "better": "lower error",
    "worse": "higher error",
    "equal": "equal within {margin}",
    "differs by less than the margin": "different, by less than {margin}",
    "undecided": "undecided",
}
_LOST = "no claim, as cells were lost, which may be like the others or at chance"
# Verdict -> what it says of one.
_OF_ONE = {
    "better": "{who} has a lower error than {against}{at}: {by} points",
    "worse": "{who} has a higher error than {against}{at}: {by} points",
    "equal": "{who} and {against} are equal within {margin}{at}: {by}",
    "differs by less than the margin": (
        "{who} differs from {against}{at}, by less than {margin}: {by}"
    ),
    "undecided": "undecided whether {who} differs from {against}{at}: {by} points",
    LOST: f"{{who}} against {{against}}{{at}}: {_LOST}: {{by}}",
}


def answer_of(
    claims: Sequence[tuple[str, Mapping[str, Any]]],
    basis: Basis,
    against: str,
    at: str = "",
    cost: str = "",
    margin: float | None = None,
) -> str:
    """Names and their differences, a family -> one sentence; empty without any difference.

    `at` is the condition under which they are compared: `at equal parameters`; `cost` is what the
    ratios are of that some may have: `parameters`.
    """
    left_out = [who for who, row in claims if row.get("reason")]
    claims = [(who, row) for who, row in claims if not is_missing(row.get("verdict"))]
    if not claims:
        return ""
    words = {"against": against, "at": f" {at}" if at else "", "margin": points_text(margin or 0)}
    ending = f"; not compared: {', '.join(left_out)}." if left_out else "."
    if len(claims) == 1:
        (who, row) = claims[0]
        told = _OF_ONE[row["verdict"]].format(who=who, by=_by(row), **words)
        sentence = told[0].upper() + told[1:] if row["verdict"] == "undecided" else told
        certainty = "" if row["verdict"] == LOST else _certainty(basis)
        ratio = f"; at equal error it takes {times}" if (times := _times(row, cost)) else ""
        return f"{sentence}{ratio}{certainty}{_wanted([row], margin, basis)}{ending}"
    groups = []
    for verdict, name in _GROUPS.items():
        of_group = [(who, row) for who, row in claims if row["verdict"] == verdict]
        if of_group:
            listed = ", ".join(f"{who} {_by(row)}" for who, row in of_group)
            groups.append(f"{name.format(**words)}: {listed}")
    rows = [row for _, row in claims]
    opening = f"Against {against}{words['at']}, in points of error: "
    if groups:
        groups[-1] += f"{_certainty(basis)}{_wanted(rows, margin, basis)}"
    if lost := [f"{who} {_by(row)}" for who, row in claims if row["verdict"] == LOST]:
        groups.append(f"{_LOST}: {', '.join(lost)}")
    return f"{opening}{'; '.join(groups)}{ending}"


def effects_answer(effects: Effects, margin: float | None = None) -> str:
    """Main effects and interactions -> a sentence each; empty without any."""
    rows = plain_rows(effects.levels)
    claims = [
        (level_text(row["factor"], row["level"]), row) for row in rows if not row["is_reference"]
    ]
    several = len({row["factor"] for row in rows}) > 1
    at = "on average over the other factors" if several else ""
    answer = answer_of(claims, effects.basis, effects.against, at, margin=margin)
    return f"{answer} {_crossed(effects)}".strip() if answer and several else answer


def _crossed(effects: Effects) -> str:
    """What depends on what."""
    if not len(effects.interactions):
        return "What depends on what cannot be told: combinations have no done cell."
    rows = plain_rows(effects.interactions)
    clear = [row for row in rows if row["verdict"] == "clear"]
    if not clear:
        within = all(row["verdict"] == "within the margin" for row in rows)
        return (
            "No effect depends on another factor by more than the margin."
            if within
            else ("Whether one depends on another is undecided: no interaction is clear.")
        )
    levels = plain_rows(effects.levels)
    references = {row["factor"]: row["level"] for row in levels if row["is_reference"]}
    told = [
        f"{level_text(row['factor'], row['level'])} comes to {row['effect']:+.2f} with "
        f"{level_text(row['other'], references[row['other']])} and to {row['effect_there']:+.2f} "
        f"with {level_text(row['other'], row['other_level'])} (interaction {_by(row)})"
        for row in clear
    ]
    return f"But effects depend on each other: {'; '.join(told)}."


def _by(row: Mapping[str, Any]) -> str:
    """The difference, or its bounds, with what was lost of its cells."""
    lost = row.get("lost")
    if row["verdict"] == LOST:
        return f"{bounds} ({lost})" if (bounds := bounds_text(row)) else str(lost)
    by = difference_text(row["difference"], row["difference_low"], row["difference_high"])
    return by if is_missing(lost) else f"{by} (without what was lost: {lost})"


def _times(row: Mapping[str, Any], cost: str) -> str:
    """The ratio of costs at equal error, where anything is known of it."""
    ratio, low, high = (row.get(name) for name in ("ratio", "ratio_low", "ratio_high"))
    if not is_missing(ratio):
        return f"{ratio_text(row)} times the {cost}"
    if is_missing(low) == is_missing(high):
        return ""
    end, least = (high, "at most") if is_missing(low) else (low, "at least")
    return f"{least} {end:.2g} times the {cost}"


def _certainty(basis: Basis) -> str:
    if not basis.over:
        return ""
    if basis.looked:
        return f" (95% intervals that hold for all and at every look, over {basis.over})"
    if basis.comparisons == 1:
        return f" (95% interval, over {basis.over})"
    return f" (95% intervals that hold for all {basis.comparisons} together, over {basis.over})"


def _wanted(rows: Sequence[Mapping[str, Any]], margin: float | None, basis: Basis) -> str:
    """What would decide what is undecided."""
    undecided = [row for row in rows if row["verdict"] == "undecided"]
    if not undecided:
        return ""
    if not basis.over:
        return "; one seed cannot tell, more can"
    if basis.over not in ("seeds", "seeds and images"):
        return ""
    if basis.looked:
        if max(basis.looked) < basis.most_seeds:
            return "; more seeds are to come"
        return f"; {basis.most_seeds} seeds, the most, did not decide it"
    if not margin:
        return "; with a `margin:` the study would say how many seeds decide it"
    needed = [row.get("seeds_needed") for row in undecided]
    if any(is_missing(number) for number in needed):
        more = "more than 1,000 seeds" if basis.over == "seeds" else "more images"
        return f"; to within {points_text(margin)} it would take {more}"
    most = max(int(number) for number in needed if number is not None)
    return f"; {most} seeds each would decide it to within {points_text(margin)}"
