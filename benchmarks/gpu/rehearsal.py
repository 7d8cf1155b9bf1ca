"""All of it here: wheels resolved and installed offline, both calls, tiny, on the CPU."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tarfile
import time
from pathlib import Path

from benchmarks.gpu import carrying
from benchmarks.gpu.stages import ROOT

# Limits, for machines that have other work, too: the first call ends long before. The study does
# not end of itself: it is told to after 90 s, as the rest is kept for what follows it.
SECONDS = {"first": 1_400, "second": 340}
EXPECTED = {
    "first": {
        "kernels.txt",
        "log.txt",
        "memory.csv",
        "searches.csv",
        "step_bf16.csv",
        "step_compiled.csv",
        "step_fp32.csv",
    },
    "second": {"log.txt", "study.tgz"},
}
# A made-up dataset of the usual form, in three files, and what unpacks it.
UNPACK = """
import sys
from pathlib import Path

import numpy as np

out, source = map(Path, sys.argv[1:])
parts = [np.load(source / f"part_{number}.npy") for number in range(3)]
x = np.resize(np.concatenate(parts), (60_000, 32, 32, 3))
y = np.arange(60_000) % 10
out.mkdir(parents=True, exist_ok=True)
np.savez(
    out / "cifar10.npz",
    x_train=x[:50_000], y_train=y[:50_000], x_test=x[50_000:], y_test=y[50_000:],
)
"""
PARTS = (
    "import sys, numpy as np\n"
    "for n in range(3): np.save(f'{sys.argv[1]}/part_{n}.npy',"
    " np.random.default_rng(n).integers(0, 256, (100, 32, 32, 3), dtype=np.uint8))"
)
FACTS = "import json, sys, torch; json.dump([*sys.version_info[:2], torch.__version__], sys.stdout)"


def rehearse(folder: Path, python: Path) -> None:
    """Do what the machine's two calls do, in `folder`, by an interpreter that has torch.

    Raises SystemExit for what is missing or wrong.
    """
    start, folder = time.monotonic(), folder.resolve()
    if folder.exists() and any(folder.iterdir()):
        raise SystemExit(f"{folder}: must be new or empty")
    folder.mkdir(parents=True, exist_ok=True)
    found = subprocess.run([python, "-c", FACTS], capture_output=True, text=True, check=False)
    if found.returncode:
        raise SystemExit(f"{python}: has no torch")
    major, minor, torch = json.loads(found.stdout)
    print(f"Python {major}.{minor}, torch {torch}", flush=True)
    images = folder / "images"
    images.mkdir()
    subprocess.run([python, "-c", PARTS, images], check=True)
    unpack = folder / "unpack.py"
    unpack.write_text(UNPACK, encoding="utf-8")
    carrying.collect(folder, images, unpack)
    carrying.download(folder / "resolved", carrying.TARGET, source=folder / "wheels")
    wheels = folder / "wheels"
    if (major, minor) != (3, 12):  # another interpreter's own wheels, in place of the machine's
        wheels = folder / "wheels-here"
        version = ("--python-version", f"{major}.{minor}")
        carrying.download(wheels, (*carrying.TARGET, *version))
        carrying.own_wheel(wheels)
    for number, verb in enumerate(EXPECTED, 1):
        begun = time.monotonic()
        given = ("--wheels", wheels, "--images", folder / f"images-{number}", "--tiny")
        where = ("--out", folder / verb, "--keep", folder / "keep", "--seconds", SECONDS[verb])
        command = [python, "-m", "benchmarks.gpu", verb, *given, *where]
        # Steps so small are slower on several threads, and never done where others work.
        environment = {**os.environ, "OMP_NUM_THREADS": "1"}
        subprocess.run(list(map(str, command)), cwd=ROOT, env=environment, check=True)
        print(f"{verb}: {time.monotonic() - begun:.0f} s", flush=True)
    faults = [*check("first", folder / "first"), *check("second", folder / "second")]
    for fault in faults:
        print(fault, file=sys.stderr)
    print(f"rehearsed in {time.monotonic() - start:.0f} s", flush=True)
    if faults:
        raise SystemExit("the rehearsal failed")


def check(verb: str, out: Path) -> list[str]:
    """What is wrong with the results of a call."""
    found = {path.name for path in out.iterdir()}
    faults = [f"{verb}: has no {name}" for name in sorted(EXPECTED[verb] - found)]
    faults += [f"{verb}: has {name} too" for name in sorted(found - EXPECTED[verb])]
    log = (out / "log.txt").read_text(encoding="utf-8")
    lines = [line for line in log.splitlines() if line.startswith("== ") and ": rc " in line]
    codes = {
        line[3:].partition(":")[0]: int(line.split(": rc ")[1].split(",")[0]) for line in lines
    }
    ended = {"study": 75}  # it was told to
    faults += [
        f"{verb}: {name}: must end with {ended.get(name, 0)}, got {code}"
        for name, code in codes.items()
        if code != ended.get(name, 0)
    ]
    faults += [
        f"{verb}: {line}" for line in log.splitlines() if "== " in line[:3] and "skipped" in line
    ]
    for path in out.glob("*.csv"):
        if len(path.read_text(encoding="utf-8").splitlines()) < 2:
            faults.append(f"{verb}: {path.name} has no row")
    if verb == "second" and not faults:
        with tarfile.open(out / "study.tgz") as archive:
            names = [Path(name).name for name in archive.getnames()]
        faults += [f"study.tgz: has no {n}" for n in ("study.yaml", "curve.csv") if n not in names]
    return faults
