"""Wide residual networks, arXiv 1605.07146: pre-activation ResNets, with dropout if asked."""

from ablate.models.resnet_preact import build

__all__ = ["build"]
