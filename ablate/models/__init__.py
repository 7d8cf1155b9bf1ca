"""Architecture -> `nn.Module`. The builder of family F is `build` in `ablate.models.F`."""

from ablate.models.building import build, network_of
from ablate.models.torchvision_names import load_torchvision

__all__ = ["build", "load_torchvision", "network_of"]
