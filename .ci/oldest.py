"""Prints the oldest versions that pyproject.toml allows of what ablate imports, for `pip -c`."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

project = tomllib.loads((Path(__file__).parents[1] / "pyproject.toml").read_text())["project"]
for requirement in project["dependencies"] + project["optional-dependencies"]["onnx"]:
    name, version = re.fullmatch(r"([\w.-]+)>=([\d.]+)(?:,<.*)?", requirement).groups()
    print(f"{name}=={version}")
