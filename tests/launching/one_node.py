"""A Slurm of one node, this one, with pretended GPUs: started for a test, as root."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from tests.conftest import PATIENCE

PROGRAMS = ("munged", "slurmctld", "slurmd", "sbatch", "squeue", "scancel", "scontrol")
GPUS = ("/dev/null", "/dev/zero", "/dev/full", "/dev/random")  # devices, if no GPUs
# `cred_expire` is also how long a job that is queued again waits before it starts.
CONFIGURATION = """\
ClusterName=test
SlurmctldHost={host}(127.0.0.1)
SlurmctldPort={port}
SlurmdPort={port_of_node}
SlurmUser=root
AuthType=auth/munge
AuthInfo=socket={folder}/munge/socket,cred_expire=5
CredType=cred/munge
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/slurmd.pid
SlurmctldLogFile={folder}/slurmctld.log
SlurmdLogFile={folder}/slurmd.log
MpiDefault=none
MinJobAge=86400
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
SchedulerType=sched/backfill
SchedulerParameters=sched_interval=1,bf_interval=1,batch_sched_delay=0
GresTypes=gpu
ReturnToService=2
SlurmdParameters=config_overrides
MailProg=/bin/true
NodeName={host} NodeAddr=127.0.0.1 CPUs={cpus} Gres=gpu:{gpus} State=UNKNOWN
PartitionName=all Nodes=ALL Default=YES MaxTime=INFINITE State=UP OverSubscribe=NO
"""


def missing() -> str:
    """Why no Slurm can be started here; empty where one can."""
    absent = [name for name in PROGRAMS if not shutil.which(name)]
    if absent:
        return f"not installed: {', '.join(absent)} (slurm-wlm, munge)"
    return "" if os.geteuid() == 0 else "a Slurm of a test's own is started by root"


class Slurm:
    """A running one: its commands, called with its configuration."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        programs = f"{Path(sys.executable).parent}:{os.environ['PATH']}"  # `ablate` among them
        self.environment = os.environ | {"SLURM_CONF": f"{folder}/slurm.conf", "PATH": programs}

    def __call__(self, *command: object, cwd: Path | None = None) -> str:
        """What a command prints."""
        done = subprocess.run(
            [str(word) for word in command],
            env=self.environment,
            cwd=cwd,
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            check=False,
        )
        assert done.returncode == 0, f"{command}: {done.stdout}{done.stderr}"
        return done.stdout

    def submit(self, script: Path) -> str:
        """The id of the array that a script is queued as, from its folder."""
        return self("sbatch", "--parsable", script, cwd=script.parent).strip()

    def shown(self, job: str) -> dict[str, str]:
        """Job or element of an array -> what is shown of it, by name."""
        words = self("scontrol", "--oneliner", "show", "job", job).split()
        return dict(word.split("=", 1) for word in words if "=" in word)

    def wait_for(self, job: str, *states: str) -> dict[str, str]:
        """What is shown of a job once it is in one of these states."""
        deadline = time.monotonic() + PATIENCE
        while (shown := self.shown(job))["JobState"] not in states:
            assert time.monotonic() < deadline, shown
            time.sleep(0.3)
        return shown


@contextmanager
def slurm_in(folder: Path) -> Iterator[Slurm]:
    """A Slurm whose files are in `folder`; it and its jobs are gone at the end."""
    for name in ("munge", "state", "spool"):
        (folder / name).mkdir(parents=True)
        (folder / name).chmod(0o755)
    with ExitStack() as running:
        munge = folder / "munge"
        key = munge / "key"
        key.write_bytes(os.urandom(1024))
        key.chmod(0o400)
        files = {"key-file": key, "socket": munge / "socket", "pid-file": munge / "pid"}
        files |= {"seed-file": munge / "seed", "log-file": munge / "log"}
        options = [f"--{name}={path}" for name, path in files.items()]
        running.enter_context(_daemon("munged", "--force", "--foreground", *options))
        host = socket.gethostname().split(".")[0]
        gres = "".join(f"NodeName={host} Name=gpu File={device}\n" for device in GPUS)
        (folder / "gres.conf").write_text(gres, encoding="utf-8")
        port, port_of_node = _free_ports(2)
        text = CONFIGURATION.format(
            host=host,
            folder=folder,
            port=port,
            port_of_node=port_of_node,
            cpus=max(len(GPUS), os.cpu_count() or 1),
            gpus=len(GPUS),
        )
        (folder / "slurm.conf").write_text(text, encoding="utf-8")
        configured = ("-f", folder / "slurm.conf")
        slurm = Slurm(folder)
        running.enter_context(_daemon("slurmctld", "-D", "-c", *configured))
        running.enter_context(_daemon("slurmd", "-D", "-c", "-N", host, *configured))
        deadline = time.monotonic() + PATIENCE
        while not _is_idle(slurm):
            assert time.monotonic() < deadline, (folder / "slurmctld.log").read_text("utf-8")
            time.sleep(0.3)
        running.callback(_end_jobs, slurm)
        yield slurm


def _is_idle(slurm: Slurm) -> bool:
    done = subprocess.run(
        ["sinfo", "--noheader", "--format=%T"],
        env=slurm.environment,
        capture_output=True,
        text=True,
        check=False,
    )
    return done.stdout.strip() == "idle"


def _end_jobs(slurm: Slurm) -> None:
    slurm("scancel", "--user=root")
    deadline = time.monotonic() + 60
    while slurm("squeue", "--noheader").strip() and time.monotonic() < deadline:
        time.sleep(0.3)


@contextmanager
def _daemon(*command: object) -> Iterator[None]:
    process = subprocess.Popen(
        [str(word) for word in command], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        yield
    finally:
        process.terminate()
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _free_ports(number: int) -> list[int]:
    with ExitStack() as held:
        sockets = [held.enter_context(socket.socket()) for _ in range(number)]
        for each in sockets:
            each.bind(("127.0.0.1", 0))
        return [each.getsockname()[1] for each in sockets]
