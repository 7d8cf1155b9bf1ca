"""Numbers as a reader wants them. Pure functions; a missing number is a dash."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

MISSING = "-"
_COUNTS = ("", "k", "M", "G", "T")
_SIZES = ("B", "KiB", "MiB", "GiB", "TiB")


def is_missing(value: Any) -> bool:
    """None, NaN or pandas' NA."""
    # bool(): a number of NumPy's gives its own truth values, which are never `True` itself.
    return value is None or type(value).__name__ == "NAType" or not bool(value == value)


def count(value: Any, digits: int = 1) -> str:
    """123400 -> `123.4k`, 1000000 -> `1M`; with so many decimals at most."""
    return MISSING if is_missing(value) else "".join(_scaled(value, 1000, _COUNTS, digits))


def size(value: Any) -> str:
    """Bytes: 1288490189 -> `1.2 GiB`."""
    return MISSING if is_missing(value) else " ".join(_scaled(value, 1024, _SIZES))


def duration(value: Any) -> str:
    """Seconds in two units at most: `1.8 ms`, `12.3 s`, `4 min 10 s`, `3 h 05 min`, `1 d 01 h`."""
    if is_missing(value):
        return MISSING
    if round(value, 3) < 1:
        return f"{value * 1000:.{0 if round(value, 4) >= 0.01 else 1}f} ms"
    if round(value, 1) < 60:
        return f"{value:.1f} s"
    for large, small, name, part in ((86400, 3600, "d", "h"), (3600, 60, "h", "min")):
        if round(value / small) * small >= large:
            whole, rest = divmod(round(value / small), large // small)
            return f"{whole} {name} {rest:02d} {part}"
    whole, rest = divmod(round(value), 60)
    return f"{whole} min {rest:02d} s"


def percent(value: Any) -> str:
    """23.414 -> `23.41`."""
    return MISSING if is_missing(value) else f"{value:.2f}"


def points_text(points: float) -> str:
    """A difference in error: 1 -> `1 point`, 0.25 -> `0.25 points`."""
    return f"{points:g} point" + "s" * (points != 1)


def share_text(share: Any) -> str:
    """0.604 -> `60%`; what is not quite all or nothing is `>99%` or `<1%`."""
    if is_missing(share):
        return MISSING
    if share in (0, 1) or 0.005 <= share < 0.995:
        return f"{share:.0%}"
    return "<1%" if share < 0.5 else ">99%"


def error_text(mean: Any, low: Any, high: Any, n: Any) -> str:
    """Percent: `23.41 ± 1.20 (n=3)`, half the interval's width; `23.41 (n=1)` without one.

    Several without one were equal, `23.41 (n=2, equal)`: a width of zero would claim what no few
    seeds can show.
    """
    if is_missing(mean):
        return MISSING
    if n > 1 and is_missing(low):
        return f"{mean:.2f} (n={n}, equal)"
    half = "" if is_missing(low) else f" ± {(high - low) / 2:.2f}"
    return f"{mean:.2f}{half} (n={n})"


def difference_text(mean: Any, low: Any, high: Any) -> str:
    """Points of error: `+1.05 [+0.20, +1.90]`; `+1.05` without an interval."""
    if is_missing(mean):
        return MISSING
    interval = "" if is_missing(low) else f" [{low:+.2f}, {high:+.2f}]"
    return f"{mean:+.2f}{interval}"


def bounds_text(row: Mapping[str, Any]) -> str:
    """`bound_low`, `bound_high` of points of error: `-0.52 to +33.50`; empty without."""
    low, high = row.get("bound_low"), row.get("bound_high")
    return "" if is_missing(low) else f"{low:+.2f} to {high:+.2f}"


def ratio_text(row: Mapping[str, Any]) -> str:
    """`ratio`, `ratio_low`, `ratio_high`: `0.77 [0.47, 1.26]`, with ends that may be open.

    `[up to 1.26]` has no lower end, and nothing before it where no ratio is the best; without an
    interval, for the reason `ratio_reason`, `0.77`.
    """
    value, low, high = (row.get(name) for name in ("ratio", "ratio_low", "ratio_high"))
    best = "" if is_missing(value) else _digits(value)
    if row.get("ratio_reason") != "":  # None: there is nothing to compare
        return best or MISSING
    if is_missing(low) and is_missing(high):
        interval = "any"
    elif is_missing(low) or is_missing(high):
        interval = f"from {_digits(low)}" if is_missing(high) else f"up to {_digits(high)}"
    else:
        interval = f"{_digits(low)}, {_digits(high)}"
    return f"{best} [{interval}]".strip()


def _digits(ratio: Any) -> str:
    return f"{ratio:.2f}" if ratio >= 0.1 else f"{ratio:.2g}"


def p_text(p: Any) -> str:
    """A probability: `0.013`, `<0.001`."""
    if is_missing(p):
        return MISSING
    return "<0.001" if p < 0.001 else f"{p:.3f}" if p < 0.1 else f"{p:.2f}"


def point_text(variant: str, sweep: Mapping[str, Any]) -> str:
    """`DenseNet-BC, depth 40`, for legends and messages."""
    return ", ".join(filter(None, [variant, sweep_text(sweep)]))


def sweep_text(sweep: Mapping[str, Any]) -> str:
    """`depth 40, growth rate 12`."""
    return ", ".join(f"{key.replace('_', ' ')} {value_text(v)}" for key, v in sweep.items())


def value_text(value: Any) -> str:
    """A swept value for people: `0.5`, `fraction 0.5`, `none`."""
    if isinstance(value, Mapping):
        return " ".join(f"{key} {value_text(inner)}" for key, inner in value.items())
    return "none" if is_missing(value) else str(value)


def _scaled(value: float, base: int, units: tuple[str, ...], digits: int = 1) -> tuple[str, str]:
    """Decimals where they say something; 999960 is `1M`, not `1000.0k`."""
    step = 0
    while step < len(units) - 1 and round(abs(value), digits if step else 0) >= base:
        value, step = value / base, step + 1
    return f"{value:.{digits}f}".rstrip("0").removesuffix("."), units[step]
