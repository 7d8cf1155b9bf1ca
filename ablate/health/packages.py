"""Whether what ablate needs is installed, and new enough: by the packages' own metadata."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from importlib import metadata

from packaging.requirements import Requirement

from ablate.health.checks import Check

Version = Callable[[str], str]  # of an installed package; raises metadata.PackageNotFoundError


def packages(
    wanted: list[str] | None = None, version: Version = metadata.version
) -> Iterator[Check]:
    """A check for each requirement that is not met; one for all if all are."""
    wanted = metadata.requires("ablate-nn") or [] if wanted is None else wanted
    needed = [each for each in map(Requirement, wanted) if _is_needed(each)]
    unmet = [check for each in needed if (check := _unmet(each, version))]
    yield from unmet or [Check("packages", "ok", f"{len(needed)}, each as new as needed")]


def _is_needed(requirement: Requirement) -> bool:
    """Whether it is without an extra."""
    return requirement.marker is None or requirement.marker.evaluate({"extra": ""})


def _unmet(wanted: Requirement, version: Version) -> Check | None:
    mend = f"pip install '{wanted.name}{wanted.specifier}'"
    try:
        found = version(wanted.name)
    except metadata.PackageNotFoundError:
        return Check(wanted.name, "error", "is not installed", mend)
    if wanted.specifier.contains(found, prereleases=True):
        return None
    return Check(wanted.name, "error", f"{found} is installed, needed is {wanted.specifier}", mend)


def pair_fault(version: Version = metadata.version, wanted: list[str] | None = None) -> str:
    """What torch the installed torchvision was made for, if not the one that is here."""
    try:
        wanted = metadata.requires("torchvision") or [] if wanted is None else wanted
        torch, torchvision = version("torch"), version("torchvision")
    except metadata.PackageNotFoundError:  # of which `packages` tells
        return ""
    for each in map(Requirement, wanted):
        if each.name == "torch" and not each.specifier.contains(torch, prereleases=True):
            return f"torchvision {torchvision} was made for torch{each.specifier}, here is {torch}"
    return ""
