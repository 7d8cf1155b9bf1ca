"""Workers of a study on many machines, as the scheduler of a site starts them; starts nothing."""

from ablate.launching.kubernetes import manifest
from ablate.launching.slurm import script
from ablate.launching.verb import launch, own_options, text_of
from ablate.launching.workers import Workers

__all__ = ["Workers", "launch", "manifest", "own_options", "script", "text_of"]
