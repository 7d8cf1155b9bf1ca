"""What Hugging Face's hub reads at the top of a card: its metadata, as YAML between two rules."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ablate.cells import Data
from ablate.networks import Architecture
from ablate.text import as_yaml


def front_matter(
    name: str, architecture: Architecture, data: Data, result: Mapping[str, Any]
) -> list[str]:
    """Lines before a card: what the network is for, and its accuracy (0..1), on which images.

    https://huggingface.co/docs/hub/model-cards
    """
    of_images = {
        "type": data.dataset,
        "name": data.subject,
        "split": result["split"],
        "revision": result["data_sha256"],
    }
    accuracy = {"type": "accuracy", "value": round(1 - result["error"] / 100, 6)}
    metadata = {
        "library_name": "ablate",
        "pipeline_tag": "image-classification",
        "tags": ["ablate", architecture.family],
        "metrics": ["accuracy"],
        "model-index": [
            {
                "name": name,
                "results": [
                    {
                        "task": {"type": "image-classification"},
                        "dataset": of_images,
                        "metrics": [accuracy],
                    }
                ],
            }
        ],
    }
    return ["---", *as_yaml(metadata).splitlines(), "---", ""]
