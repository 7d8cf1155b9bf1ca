"""Workers as an array of Slurm jobs: a script for `sbatch`."""

from __future__ import annotations

from ablate.launching.workers import Workers

# Slurm's `--requeue` acts on lost nodes, on no exit code, and `--signal=B:` reaches the batch shell
# alone. SLURM_JOB_ID of one element is that of the whole array, which is not to be queued again.
_SCRIPT = """\
#!/bin/bash
# Workers of the study {title} for Slurm, written by `ablate launch slurm`, which
# started nothing. Edit it, then, in the folder that its paths start from: sbatch FILE
#
# Each element of the array is one `ablate run`. It trains one cell after the other, waits
# while others still train, and ends when nothing is left, with 0, or with 3 if cells failed.
# All share the run folder, {folder}. A minute before its time is over it stops at
# the last finished epoch with exit code 75 and is queued again; 1 to 5 are not retried.

#SBATCH --job-name={title}
#SBATCH --array={array}  # workers; 0-99%16 would be a hundred, of which 16 at a time
#SBATCH --time={time}  # of one, before it is queued again: longer than a few epochs
{resources}
#SBATCH --requeue  # also when its node is lost
#SBATCH --signal=B:USR1@60
#SBATCH --open-mode=append  # one that is queued again goes on in its log
#SBATCH --output=%x-%A_%a.log
{record}

# What `ablate` needs here, such as: module load cuda; source .venv/bin/activate

warned='' cancelled=''
trap 'warned=yes; kill -USR1 "$!"' USR1
trap 'cancelled=yes; kill -TERM "$!"' TERM

{command} &

# A signal ends `wait` too, with a code above 128, before the worker has stopped.
while wait "$!"; code=$?; [ "$code" -gt 128 ] && kill -0 "$!" 2> /dev/null; do :; done
if [ "$code" -gt 128 ] && [ "$warned" ]; then code=75; fi # warned before it could listen
if [ "$code" -eq 75 ] && [ -z "$cancelled" ]; then
  scontrol requeue "${{SLURM_ARRAY_JOB_ID}}_$SLURM_ARRAY_TASK_ID"
fi
exit "$code"
"""
_ONE_NODE = """\
# The record is a file (SQLite), which workers of one node alone may share: name the node.
##SBATCH --nodelist=NODE"""
_DATABASE = (
    "# The password of the database comes from PGPASSWORD or ~/.pgpass; sbatch hands the first on."
)


def script(workers: Workers, *, time: str = "4:00:00", partition: str | None = None) -> str:
    """The text of a bash script for `sbatch`: an array of workers that queues them again.

    `time` is a walltime as Slurm takes it.
    """
    most = f"%{workers.at_once}" if workers.at_once else ""
    resources = ["--ntasks=1", f"--cpus-per-task={workers.cpus}"]
    resources += [f"--gres=gpu:{workers.gpus}"] if workers.gpus else []
    resources += [f"--partition={partition}"] if partition else []
    cores = workers.on_cores
    if "--jobs" in cores:  # so that one number is to be edited
        cores["--jobs"] = '"$SLURM_CPUS_PER_TASK"'
    words = [workers.shown, *(f"{option} {value}" for option, value in cores.items())]
    return _SCRIPT.format(
        title=workers.title,
        folder=workers.folder,
        array=f"0-{workers.number - 1}{most}",
        time=time,
        resources="\n".join(f"#SBATCH {each}" for each in resources),
        record=_DATABASE if workers.storage else _ONE_NODE,
        command=" ".join(words),
    )
