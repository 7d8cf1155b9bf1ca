"""Files of weights that networks begin with, as studies name them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from ablate.errors import MissingDataError
from ablate.machine import digest_of_file, weights_file


@dataclass(frozen=True)
class Weights:
    """A file, known by its content."""

    name: str  # a path as a study has it, from the study's folder

    @property
    def file(self) -> Path:
        """Raises MissingDataError."""
        if file := weights_file(self.name):
            return file
        raise MissingDataError(
            f"weights: {self.name} is no file beside the study, nor kept with its run; nothing is "
            "downloaded: it is a state dict that you have saved"
        )

    @property
    def sha256(self) -> str:
        """Raises MissingDataError."""
        return digest_of_file(self.file)

    @property
    def described(self) -> str:
        """For people."""
        return f"{self.name}, SHA-256 {self.sha256}"
