"""Every broken study file is refused with exactly the faults that its first lines list.

`# expect: LINE: KEY: MESSAGE` is a fault as users read it, less the path of the file; `FAMILIES` in
it are the names of all families.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from ablate.errors import SpecError
from ablate.networks import FAMILIES, LIBRARIES
from ablate.study import load_study

FOLDER = Path(__file__).parents[1] / "broken_studies"
FILES = sorted(FOLDER.glob("*.yaml"))
EXPECT = "# expect: "


def test_there_are_broken_studies() -> None:
    assert len(FILES) >= 24


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_every_fault_is_reported_once_with_its_line(path: Path) -> None:
    expected = [
        line.removeprefix(EXPECT).replace("FAMILIES", ", ".join([*FAMILIES, *LIBRARIES]))
        for line in path.read_text(encoding="utf-8").splitlines()
        if line.startswith(EXPECT)
    ]
    with pytest.raises(SpecError) as caught:
        load_study(path)
    found = str(caught.value).replace(f"{path}:", "").replace(f"{FOLDER}/", "")
    assert [line.strip() for line in found.splitlines()] == expected
