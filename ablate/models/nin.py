"""Network in Network, arXiv 1312.4400: a list of layers."""

from ablate.models.plain import build

__all__ = ["build"]
