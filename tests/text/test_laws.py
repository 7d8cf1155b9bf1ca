"""Laws of trees, whatever is in them: merging, and reading what was written."""

from __future__ import annotations

from typing import Any

from hypothesis import example, given
from hypothesis import strategies as st

from ablate.text import as_yaml, from_plain, merge, read_yaml

names = st.text("abc", min_size=1, max_size=2)
leaves = st.one_of(st.none(), st.booleans(), st.integers(-9, 9), names)
trees = st.recursive(
    leaves, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(names, inner, max_size=3)
)


def merged(base: Any, over: Any) -> Any:
    return merge(from_plain(base, "base"), from_plain(over, "over")).plain()


def patched(target: Any, patch: Any) -> Any:
    """MergePatch of RFC 7396, section 2, word by word."""
    if not isinstance(patch, dict):
        return patch
    target = dict(target) if isinstance(target, dict) else {}
    for name, value in patch.items():
        if value is None:
            target.pop(name, None)
        else:
            target[name] = patched(target.get(name), value)
    return target


@given(trees, trees)
def test_merge_is_that_of_the_rfc(base: Any, over: Any) -> None:
    assert merged(base, over) == patched(base, over)


@given(trees, trees)
def test_merging_again_changes_nothing(base: Any, over: Any) -> None:
    once = merged(base, over)
    assert merged(once, over) == once


@given(st.dictionaries(names, trees))
def test_nothing_laid_over_a_tree_leaves_it(base: dict[str, Any]) -> None:
    assert merged(base, {}) == base


# Every character that a file may have; those of controls are refused when read.
texts = st.text(st.characters(exclude_categories=("Cs", "Cc"), exclude_characters="\ufeff"))
values = st.one_of(
    st.none(), st.booleans(), st.integers(-(10**12), 10**12), texts,
    st.floats(allow_nan=False, allow_infinity=False),
)  # fmt: skip
documents = st.dictionaries(
    texts.filter(bool),
    st.recursive(
        values,
        lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=4),
        max_leaves=12,
    ),
    min_size=1,
    max_size=4,
)


@given(documents)
@example({"no": "no", "1e-3": "1e-3", "null": None, "lr": 1e-3, "y": [True, "true", "0x1"]})
@example({"<<": 1, "a: b": "- c", "#": "'", "=": "&a", "big": 1e22, "small": 1e-7})
@example({"a": {"of ten letters " * 5 + str(i): i for i in range(4)}})
@example({"a": {"x": ":0", "y": "?'", "?0": "z'"}})
def test_what_is_written_is_read_back(document: dict[str, Any]) -> None:
    read = read_yaml(as_yaml(document), "x.yaml").plain()
    assert read == document
    assert repr(read) == repr(document)  # 1 is not 1.0, nor true; and keys stay in order
