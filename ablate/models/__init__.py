"""Architecture -> `nn.Module`. The builder of family F is `build` in `ablate.models.F`."""

from ablate.models.building import MEMORY_MODES, build, network_of
from ablate.models.torchvision_names import load_torchvision

__all__ = ["MEMORY_MODES", "build", "load_torchvision", "network_of"]
