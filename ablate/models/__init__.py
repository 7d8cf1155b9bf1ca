"""Architecture -> `nn.Module`: a builder for each kind of lists that families come to."""

from ablate.models.building import MEMORY_MODES, build, holdable, network_of, random_images
from ablate.models.companions import loss_and_logits
from ablate.models.efficient import EfficientDenseNet
from ablate.models.torchvision_names import (
    densenet_settings,
    load_torchvision,
    our_name,
    torchvision_twin,
)

__all__ = [
    "MEMORY_MODES",
    "EfficientDenseNet",
    "build",
    "densenet_settings",
    "holdable",
    "load_torchvision",
    "loss_and_logits",
    "network_of",
    "our_name",
    "random_images",
    "torchvision_twin",
]
