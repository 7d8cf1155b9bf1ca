"""Workers as an Indexed Job of Kubernetes: a manifest for `kubectl apply`."""

from __future__ import annotations

import json
import re

from ablate.launching.workers import Workers

_MANIFEST = """\
# Workers of the study {title} for Kubernetes (1.29 or later), written by `ablate launch k8s`,
# which started nothing. Edit what is in <> and what does not fit, then: kubectl apply -f FILE
#
# Each pod is one `ablate run`. It trains one cell after the other, waits while others still train,
# and ends when nothing is left. All share the run folder, {folder}, by the volume below.
# A pod that is stopped goes on from the last finished epoch in another.
apiVersion: batch/v1
kind: Job
metadata:
  name: {name}
spec:
  completionMode: Indexed
  completions: {number} # workers
  parallelism: {at_once} # of which so many at a time
  backoffLimitPerIndex: 6 # pods of a worker that may die of themselves, as of want of memory
  podFailurePolicy:
    rules: # the first that fits
      - action: Ignore # stopped, to go on: another pod
        onExitCodes: {{operator: In, values: [75]}}
      - action: FailJob # a faulty study or command; no data, no device
        onExitCodes: {{operator: In, values: [2, 5]}}
      - action: FailIndex # an error of ablate's; finished with holes; nothing feasible
        onExitCodes: {{operator: In, values: [1, 3, 4]}}
      - action: Ignore # evicted, preempted, its node drained or lost
        onPodConditions: [{{type: DisruptionTarget, status: "True"}}]
  template:
    spec:
      restartPolicy: Never
      terminationGracePeriodSeconds: 60 # from SIGTERM on; it takes some seconds
      containers:
        - name: worker
          image: "<REGISTRY/IMAGE:TAG>" # has ablate-nn, and what is not on the volume
          workingDir: /study # what relative paths start from
          command: # one word a line; it must be process 1, which gets the SIGTERM
{command}
{environment}
          resources:
            limits: {{{limits}}}
          volumeMounts:
            - {{name: study, mountPath: /study}}
            - {{name: shm, mountPath: /dev/shm}}
      volumes:
        - name: study # holds the study file and the run folder; many pods write to it
          persistentVolumeClaim: {{claimName: "<CLAIM of access mode ReadWriteMany>"}}
        - name: shm # by which processes that read images hand them over
          emptyDir: {{medium: Memory}}
"""
_VARIABLES = """\
env: # kubectl create secret generic ablate-postgres --from-literal=password=...
  - name: PGPASSWORD
    valueFrom: {secretKeyRef: {name: ablate-postgres, key: password}}"""
_NO_DATABASE = """\
# The record is a file (SQLite), which pods on several nodes must not share. With a database,
# whose password is in a Secret:"""


def manifest(workers: Workers, *, memory: str = "16Gi") -> str:
    """The YAML of a Job: its pods are workers, and what a pod exits with says what comes next.

    `memory` is a pod's, as Kubernetes writes amounts.
    """
    limits = {"cpu": workers.cpus, "memory": memory}
    limits |= {"nvidia.com/gpu": workers.gpus} if workers.gpus else {}
    words = [*workers.command, *(word for pair in workers.on_cores.items() for word in pair)]
    if workers.storage:
        environment = _VARIABLES
    else:
        unused = "\n".join(f"# {line}" for line in _VARIABLES.splitlines())
        environment = f"{_NO_DATABASE}\n{unused}"
    return _MANIFEST.format(
        title=workers.title,
        folder=workers.folder,
        name=_name(workers.title),
        number=workers.number,
        at_once=workers.at_once or workers.number,
        command=_indented(12, [f"- {json.dumps(word, ensure_ascii=False)}" for word in words]),
        environment=_indented(10, environment.splitlines()),
        limits=", ".join(f"{name}: {value}" for name, value in limits.items()),
    )


def _indented(spaces: int, lines: list[str]) -> str:
    return "\n".join(" " * spaces + line for line in lines)


def _name(title: str) -> str:
    """A study's title as the name of a Job, to which its pods' hostnames add an index."""
    plain = re.sub(r"[^a-z0-9]+", "-", title.lower())
    return f"ablate-{plain}"[:50].strip("-")
