"""The all convolutional net, arXiv 1412.6806: a list of layers."""

from ablate.models.plain import build

__all__ = ["build"]
