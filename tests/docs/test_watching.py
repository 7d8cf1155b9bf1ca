"""The logger of the guide to watching a run, as it stands there."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

GUIDE = Path(__file__).parents[2] / "docs" / "watching.md"


def test_the_logger_of_the_guide(tiny_study: Path, tmp_path: Path) -> None:
    blocks = re.findall(r"```(\w+)\n(.*?)```", GUIDE.read_text(encoding="utf-8"), flags=re.DOTALL)
    (own,) = (text for kind, text in blocks if kind == "python" and "class Lines" in text)
    (command,) = (text for kind, text in blocks if kind == "sh" and "lines:Lines" in text)
    (tmp_path / "lines.py").write_text(own, encoding="utf-8")
    words = command.replace("growth.yaml", f"{tiny_study} --jobs 1").split()
    ended = subprocess.run(
        [sys.executable, "-m", *words], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert (ended.returncode, ended.stderr) == (0, "")
    lines = (tmp_path / "runs" / "tiny" / "lines.txt").read_text(encoding="utf-8").splitlines()
    assert len(lines) == 4 * (2 + 1)
    of_first = [line.split() for line in lines if line.startswith("plain depth=7 seed=0 ")]
    assert [words[3] for words in of_first] == ["1", "2", "done"]
    assert 0 < float(of_first[1][4]) <= 100
