"""Requirements that are met, and those that are not."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError

from ablate.health.packages import packages, pair_fault

INSTALLED = {"torch": "2.14.1+cu130", "torchvision": "0.29.1", "optuna": "4.9"}


def version(name: str) -> str:
    try:
        return INSTALLED[name]
    except KeyError:
        raise PackageNotFoundError(name) from None


def test_old_and_missing_packages_are_told_with_their_mend() -> None:
    wanted = ["torch>=2.11", "optuna<6,>=5", "rich>=13.9", 'onnx>=1; extra == "onnx"']
    old, missing = packages(wanted, version)
    assert (old.name, old.state) == ("optuna", "error")
    assert old.message == "4.9 is installed, needed is <6,>=5"
    assert old.mend == "pip install 'optuna<6,>=5'"
    assert (missing.name, missing.message) == ("rich", "is not installed")


def test_what_is_met_is_counted_without_extras() -> None:
    (check,) = packages(["torch>=2.11", 'onnx>=1; extra == "onnx"'], version)
    assert (check.state, check.message) == ("ok", "1, each as new as needed")


def test_ours_are_met_where_tests_run() -> None:
    assert {check.state for check in packages()} == {"ok"}


def test_a_torchvision_for_another_torch() -> None:
    assert pair_fault(version, ["numpy", "torch==2.14.1"]) == ""  # a build is of its version
    told = pair_fault(version, ["torch==2.11.0"])
    assert told == "torchvision 0.29.1 was made for torch==2.11.0, here is 2.14.1+cu130"
    assert pair_fault(lambda name: version("no"), ["torch==2.11.0"]) == ""
