"""What the images that errors are means over add to the variance of contrasts."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ablate.statistics.intervals import Numbers


@dataclass(frozen=True)
class ImageParts:
    """What points make of each image, and how much is left there: see `image_parts`."""

    means: Numbers  # (points, images): of each point, less its mean over the images
    rest: Numbers  # (N,): the variance of what is left of a cell's outcome on an image

    @property
    def freedom(self) -> int:
        """Degrees of freedom of what images do."""
        return int(self.means.shape[1]) - 1

    def covariance(self, contrasts: Numbers, weights: Numbers) -> Numbers:
        """Contrasts of points (contrasts, points), and of cells (contrasts, N) -> (contrasts,) * 2.

        Over other images, beside what other seeds do on the same ones: of two points that all seeds
        have it is (MS of images - MS of seeds by images) / (seeds x images). A contrast of which
        that is negative has 0.
        """
        each = contrasts @ self.means
        found = each @ each.T / self.freedom - (weights * self.rest) @ weights.T
        negative = np.diag(found) <= 0
        found[negative] = found[:, negative] = 0.0
        return np.asarray(found / (self.freedom + 1))


def image_parts(design: Numbers, inverse: Numbers, points: int, outcomes: Numbers) -> ImageParts:
    """The fit of N cells, see `Blocks`, and their outcomes (N, images) -> what images do in it.

    Images, seeds and points are crossed, images and seeds being random (Searle, Casella and
    McCulloch 1992, chapter 4). An outcome is its point's and its seed's part, those of the image
    in general and at this point, that of the seed on the image, and a rest, whose variance may be
    another at each point.
    """
    centred = outcomes - outcomes.mean(axis=1, keepdims=True)
    residuals = centred - design @ (inverse @ centred)
    squares = (residuals**2).sum(axis=1) / (outcomes.shape[1] - 1)
    of_points = design[:, :points]
    maker = np.eye(len(design)) - design @ inverse
    expected = of_points.T @ maker**2 @ of_points
    rest = np.linalg.pinv(expected, hermitian=True) @ (of_points.T @ squares)
    return ImageParts(inverse[:points] @ centred, of_points @ rest)
