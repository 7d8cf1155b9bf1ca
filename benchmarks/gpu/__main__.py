"""`python -m benchmarks.gpu collect | first | second | rehearse`."""

from __future__ import annotations

import argparse
import os
import signal
import sys
from pathlib import Path

from benchmarks.gpu.carrying import collect, install, keep_images
from benchmarks.gpu.first import first
from benchmarks.gpu.rehearsal import rehearse
from benchmarks.gpu.second import Asked, second
from benchmarks.gpu.sizes import FULL, TINY
from benchmarks.gpu.stages import ROOT, Stages, adopt_orphans

SECONDS = 360.0


def main(arguments: list[str] | None = None) -> None:
    """Parse and run; what stages give is in the log, and the exit code 0 whatever they gave."""
    options = parser().parse_args(arguments)
    if options.verb == "collect":
        if (options.images is None) != (options.unpack is None):
            raise SystemExit("--images and --unpack go together")
        collect(options.folder, options.images, options.unpack)
    elif options.verb == "rehearse":
        rehearse(options.folder, options.python)
    else:
        call(options)


def call(options: argparse.Namespace) -> None:
    """The first or the second call on the machine."""
    adopt_orphans()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    keep: Path = options.keep.resolve()
    site, out = keep / "site", options.out.resolve()
    paths = [str(ROOT), str(site), *filter(None, [os.environ.get("PYTHONPATH")])]
    environment = {
        "PYTHONPATH": os.pathsep.join(paths),
        "PYTHONUNBUFFERED": "1",
        "ABLATE_CACHE": str(keep / "cache"),
        "NO_COLOR": "1",
        "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",  # whatever else is installed
    }
    stages = Stages(out / "log.txt", keep / options.verb, options.seconds, environment)
    if options.images:
        try:
            keep_images(options.images, keep / "images")
        except OSError as error:  # the first call needs none, and the second says what it lacks
            stages.note(f"== images: {error}")
    if options.wheels and not any(site.glob("ablate_nn-*")):
        install(stages, options.wheels, site)
    sizes = TINY if options.tiny else FULL
    if options.verb == "first":
        first(stages, out, keep, sizes, options.only)
    else:
        asked = None
        if options.study:
            asked = Asked(options.study, options.profile, options.per_device)
        second(stages, out, keep, sizes, asked)
    stages.note(f"== end: {options.seconds - stages.left:.1f} s of {options.seconds:g}")


def parser() -> argparse.ArgumentParser:
    """The command line."""
    found = argparse.ArgumentParser(prog="python -m benchmarks.gpu", description=__doc__)
    verbs = found.add_subparsers(dest="verb", required=True)
    for name, text in (("first", "verdicts, ratios, memory"), ("second", "a real study")):
        verb = verbs.add_parser(name, help=text)
        verb.add_argument("--out", type=Path, required=True, help="results go there: few files")
        verb.add_argument("--seconds", type=float, default=SECONDS, help="for all of it")
        verb.add_argument("--wheels", type=Path, help="installed where they are not yet")
        verb.add_argument("--images", type=Path, help="a part of the dataset's files, kept")
        verb.add_argument(
            "--keep", type=Path, default=Path("/tmp/ablate-gpu"), help="what outlives a call"
        )
        verb.add_argument("--tiny", action="store_true", help="sizes of a rehearsal, on the CPU")
    verbs.choices["first"].add_argument(
        "--only", default="", help="stages by name, with commas: a call may be made in parts"
    )
    verb = verbs.choices["second"]
    verb.add_argument("--study", type=Path, help="instead of c10.yaml; its epochs are its own")
    verb.add_argument("--profile", default="", help="of that study")
    verb.add_argument("--per-device", type=int, default=1, help="cells at a time, of that study")
    verb = verbs.add_parser("collect", help="wheels and halves of images, to be carried")
    verb.add_argument("folder", type=Path)
    verb.add_argument("--images", type=Path, help="folder of a dataset's files, to be halved")
    verb.add_argument("--unpack", type=Path, help="script that makes DATA of them: OUT SOURCE")
    verb = verbs.add_parser("rehearse", help="all of it, tiny, on the CPU")
    verb.add_argument("folder", type=Path, help="new; the results stay there")
    verb.add_argument(
        "--python", type=Path, default=Path(sys.executable), help="an interpreter with torch 2.11"
    )
    return found


if __name__ == "__main__":
    main()
