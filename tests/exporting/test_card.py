"""The card shows what a user wrote as it was written."""

from __future__ import annotations

import pytest

from ablate.exporting.card import literal


@pytest.mark.parametrize(
    ("text", "markdown"),
    [
        ("Is params <= 0.5M & growth_rate >= 12 enough?", None),
        ("<script>alert(1)</script>", r"\<script>alert(1)\</script>"),
        ("<!-- gone -->", r"\<!-- gone -->"),
        ("&lt;b&#62; stays", r"\&lt;b\&#62; stays"),
        ("# no heading\n\n```\nno code\n```", r"# no heading \`\`\` no code \`\`\`"),
        ("*a* _b_ __c__ ~d~ [e](f) $g$", r"\*a\* \_b\_ \_\_c\_\_ \~d\~ \[e\](f) \$g\$"),
        ("no | column", r"no \| column"),
        ("back\\slash", r"back\\slash"),
        ("  blanks\tand\nlines ", "blanks and lines"),
    ],
)
def test_text_is_no_markup(text: str, markdown: str | None) -> None:
    assert literal(text) == (text if markdown is None else markdown)
