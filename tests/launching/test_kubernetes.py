"""The manifest of an Indexed Job: what it says, and that Kubernetes would take it."""

from __future__ import annotations

from typing import Any

import pytest

from ablate.launching import Workers, manifest
from ablate.text import read_yaml

SPLIT = Workers("C10@Quick", "my runs/s", 'my "studies/s.yaml', ("--runs", "my runs"), gpus=2)


def job(workers: Workers, **options: Any) -> dict[str, Any]:
    return dict(read_yaml(manifest(workers, **options), "job.yaml").plain())


def pod(workers: Workers) -> dict[str, Any]:
    return dict(job(workers)["spec"]["template"]["spec"])


def test_each_exit_code_has_one_action() -> None:
    spec = job(Workers("s", "r", "s.yaml", number=9, at_once=3))["spec"]
    rules = spec["podFailurePolicy"]["rules"]
    codes = {
        c: r["action"] for r in rules if "onExitCodes" in r for c in r["onExitCodes"]["values"]
    }
    assert codes == {
        75: "Ignore",
        **dict.fromkeys((2, 5), "FailJob"),
        **dict.fromkeys((1, 3, 4), "FailIndex"),
    }
    assert [r["action"] for r in rules if "onPodConditions" in r] == ["Ignore"]
    assert spec["template"]["spec"]["restartPolicy"] == "Never"  # else none of these acts
    assert (spec["completionMode"], spec["completions"], spec["parallelism"]) == ("Indexed", 9, 3)


def test_the_command_is_process_1_with_its_words_as_they_were_given() -> None:
    (container,) = pod(SPLIT)["containers"]
    words = ["ablate", "run", 'my "studies/s.yaml', "--runs", "my runs"]
    assert container["command"] == words
    assert container["resources"]["limits"]["nvidia.com/gpu"] == 2
    (container,) = pod(Workers("s", "r", "s.yaml", gpus=0, cpus=6))["containers"]
    assert container["command"][3:] == ["--devices", "cpu", "--jobs", "6"]
    assert container["resources"]["limits"] == {"cpu": 6, "memory": "16Gi"}


def test_the_password_is_a_secret_where_there_is_a_database() -> None:
    given = {"storage": "postgresql+psycopg://me@host/d"}
    (container,) = pod(Workers("s", "r", "s.yaml", given=given))["containers"]
    (variable,) = container["env"]
    assert variable["name"] == "PGPASSWORD" and "secretKeyRef" in variable["valueFrom"]
    assert "env" not in pod(Workers("s", "r", "s.yaml"))["containers"][0]
    assert "# env:" in manifest(Workers("s", "r", "s.yaml"))


def test_a_title_becomes_a_name_that_kubernetes_takes() -> None:
    assert job(SPLIT)["metadata"]["name"] == "ablate-c10-quick"
    long = job(Workers("x" * 80 + "-", "r", "s.yaml"))["metadata"]["name"]
    assert len(long) == 50 and long[-1].isalnum()


@pytest.mark.heavy  # a second to read the schema
@pytest.mark.parametrize("version", ["1.29", "1.37"])
@pytest.mark.parametrize(
    "workers", [SPLIT, Workers("s", "r", "s.yaml", given={"storage": "postgresql://h/d"})]
)
def test_kubernetes_takes_it(version: str, workers: Workers) -> None:
    """By the published schema, which knows keys and types, and no key is left out by mistake."""
    kubernetes_validate = pytest.importorskip("kubernetes_validate")
    document = job(workers)
    kubernetes_validate.validate(document, version, strict=True)
    del document["spec"]["podFailurePolicy"]["rules"][0]["action"]
    with pytest.raises(kubernetes_validate.ValidationError, match="'action' is a required"):
        kubernetes_validate.validate(document, version, strict=True)
