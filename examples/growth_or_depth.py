"""A question from Python: is a DenseNet better wide or deep?

    python examples/growth_or_depth.py [FOLDER FOR RUNS]

Digits of 8x8 pixels, seconds a cell on two cores. What it prints is in growth_or_depth.txt.
"""

from __future__ import annotations

import sys
from pathlib import Path

import torch

import ablate

STUDY = {
    "name": "growth-or-depth",
    "question": "Is a DenseNet better wide or deep?",
    "data": {"dataset": "digits", "limit": 400, "hold_out": 400},
    "recipe": {"epochs": 8, "schedule": "one_cycle", "lr": 0.1},
    "baseline": "deep",
    "variants": {
        "deep": {"family": "densenet", "depth": 16, "growth_rate": 8},
        "wide": {"family": "densenet", "depth": 10, "growth_rate": 16},
    },
    "seeds": [0, 1, 2],
}


def main(runs: Path) -> None:
    study = ablate.load_study(STUDY)

    print("What it would cost; nothing trains yet:")
    for cell in ablate.plan(study).cells:
        print(f"  {cell.variant}, seed {cell.seed}: {cell.params:,} parameters, {cell.macs:,} MACs")

    # Run the script again, and it finds nothing to train.
    summary = ablate.run(study, runs=runs)
    print(f"trained {summary.trained}, exit code {summary.exit_code}")

    print("A row for each cell:")
    cells = ablate.results(runs / study.name)
    print(cells[["variant", "seed", "state", "error"]].to_string(index=False))

    print("A row for each variant, with 95% intervals, and the difference to the baseline:")
    compared = ablate.compare(runs / study.name)
    columns = ["variant", "params", "error", "low", "high", "difference", "p"]
    print(compared.rows[columns].round(3).to_string(index=False))
    # In a sentence: compared.answer

    # A network of the same description, to use elsewhere; untrained.
    wide = ablate.build({**STUDY["variants"]["wide"], "in_channels": 1, "image_size": 8})
    images = torch.zeros(5, 1, 8, 8)
    print(f"{tuple(images.shape)} -> {tuple(wide(images).shape)}")


if __name__ == "__main__":  # `run` starts processes, which import this file
    main(Path(sys.argv[1] if len(sys.argv) > 1 else "runs"))
