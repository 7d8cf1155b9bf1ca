"""Conditions under which studies are made up."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Literal


@dataclass(frozen=True)
class Condition:
    """Studies of one kind; errors are in standard deviations of a cell's error over seeds."""

    name: str
    variants: int = 4  # the first is the baseline
    points: int = 5  # of each variant's sweep; 1: no sweep
    seeds: int = 3
    effect: float = 0.0  # by which every second of the other variants is better
    largest_deviation: float = 1.0  # of the last variant, where the baseline has 1
    lost: float = 0.0  # share of cells that are lost, whatever their error
    bad_seeds: float = 0.0  # share of cells that are 4 deviations worse
    bad_are_lost: bool = False  # of the others, as where they diverge
    image_noise: float = 0.0  # deviation that the hold-out adds to a variant, with every seed
    margin: float | None = None
    race: bool = False  # whether seeds go on by `seeds: {least, most}` instead
    most_seeds: int = 0  # to which they are added one by one until something is claimed; 0: none is
    least: Literal["", "effect", "margin"] = ""  # of which the value is what `plan` says is enough
    images: int = 0  # that are drawn at random, each right or wrong; 0: errors are made up
    of_design: float = 0.3  # deviation of what a design makes of an image, where images' is 1


USUAL = Condition("")


def conditions() -> Iterator[Condition]:
    """Every condition, in the order of the table."""
    for seeds in (2, 3, 5, 10):
        yield replace(USUAL, name="null", seeds=seeds)
    for variants, points in ((2, 1), (2, 5), (4, 1), (8, 1), (8, 5)):
        yield replace(USUAL, name="null", variants=variants, points=points)
    for seeds, effect in ((3, 0.5), (3, 1.0), (3, 2.0), (5, 1.0), (10, 1.0)):
        yield replace(USUAL, name="effect", seeds=seeds, effect=effect)
    for effect in (1.0, 2.0, 3.0):
        yield replace(USUAL, name="effect", points=1, effect=effect)
    for seeds in (3, 10):
        yield replace(USUAL, name="tie", seeds=seeds, margin=1.0)
    yield replace(USUAL, name="at the margin", seeds=10, effect=1.0, margin=1.0)
    for seeds in (3, 10):
        yield replace(USUAL, name="deviations 1 to 3", seeds=seeds, largest_deviation=3.0)
    for variants, points in ((2, 5), (4, 5), (8, 5), (4, 1)):
        added = replace(USUAL, name="seeds until a claim", variants=variants, points=points)
        yield replace(added, most_seeds=10)
    for variants, points in ((2, 5), (4, 5), (8, 5), (4, 1)):
        for effect, margin in ((0.0, None), (2.0, None), (0.0, 1.5)):
            racing = replace(USUAL, variants=variants, points=points, effect=effect, margin=margin)
            yield replace(racing, name="race", race=True, most_seeds=10)
    yield replace(USUAL, name="lost at random", lost=0.15)
    yield replace(USUAL, name="bad seeds", bad_seeds=0.15)
    diverging = replace(USUAL, name="bad seeds diverge", bad_seeds=0.3, bad_are_lost=True)
    for points, seeds in ((5, 3), (1, 3), (1, 5), (1, 10)):
        yield replace(diverging, points=points, seeds=seeds)
    yield replace(diverging, seeds=5, effect=3.0)  # better but for its bad seeds
    yield replace(USUAL, name="images", image_noise=0.5)
    for variants, points in ((2, 5), (4, 5), (2, 1), (4, 1)):
        for seeds in (2, 3, 5, 10):
            planned = replace(USUAL, variants=variants, points=points, seeds=seeds)
            yield replace(planned, name="least effect", least="effect")
            yield replace(planned, name="least margin", least="margin")
    for seeds in (2, 3, 5, 10):
        yield replace(USUAL, name="over images", points=1, seeds=seeds, images=400)
    yield replace(USUAL, name="over images", variants=2, points=1, seeds=2, images=2_000)
    yield replace(USUAL, name="over images", points=1, images=5_000)
    yield replace(USUAL, name="over images", images=1_000)
    yield replace(USUAL, name="over images", points=1, images=2_000, effect=2.0)
    yield replace(USUAL, name="over images, as hard to all", points=1, images=400, of_design=0.0)
