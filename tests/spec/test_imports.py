"""The room loads nothing heavy."""

from __future__ import annotations

import subprocess
import sys

CODE = """
import sys
import ablate.errors, ablate.spec
print(*sorted({"torch", "optuna", "pandas", "torchvision", "scipy"} & set(sys.modules)))
"""


def test_spec_loads_neither_torch_nor_optuna_nor_pandas() -> None:
    done = subprocess.run([sys.executable, "-c", CODE], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == ""


def test_public_names_exist_once() -> None:
    import ablate.spec

    assert sorted(set(ablate.spec.__all__)) == sorted(ablate.spec.__all__)
    assert all(hasattr(ablate.spec, name) for name in ablate.spec.__all__)
