"""The command `ablate`: parses, calls the API, prints. It decides nothing."""

from ablate.cli.app import main

__all__ = ["main"]
