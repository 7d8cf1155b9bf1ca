"""Files of settings, read with care for what they may be."""

from __future__ import annotations

import stat
from pathlib import Path

from ablate.errors import SpecError, UsageError
from ablate.text.tree import Node, read_yaml
from ablate.text.tree import Path as KeyPath
from ablate.text.wording import show

MOST_BYTES = 2**19  # of a file: ruamel reads some 100 kB a second


def read_file(path: str | Path) -> Node:
    """A YAML file -> tree. Raises UsageError where it cannot be opened, SpecError for its text."""
    try:
        text = _content(Path(path)).decode("utf-8")
    except FileNotFoundError:
        raise UsageError(f"{path}: no such file") from None
    except IsADirectoryError:
        raise UsageError(f"{path}: is a folder, not a file") from None
    except UnicodeDecodeError:
        raise UsageError(f"{path}: is not UTF-8 text") from None
    except OSError as error:
        raise UsageError(f"{path}: {error.strerror}") from None
    except ValueError:  # a NUL in the name
        raise UsageError(f"{str(path)!r}: is not a file name") from None
    return read_yaml(text, str(path))


def read_named(tree: Node, key: KeyPath, folder: Path) -> Node:
    """The file that is named under `key`, looked for in `folder`, as a map of settings.

    Raises SpecError.
    """
    name = tree.at(key).plain()
    if not isinstance(name, str):
        raise SpecError([tree.fault(key, f"must be the path of a file, got {show(name)}")])
    try:
        base = read_file(folder / name)
    except SpecError:
        raise
    except UsageError as error:
        raise SpecError([tree.fault(key, str(error))]) from None
    if not isinstance(base.value, dict):
        raise SpecError([base.fault((), f"must be a map of settings, got {show(base.plain())}")])
    if base.get("from"):
        message = "is read in a study only, not in the file it names"
        raise SpecError([base.fault(("from",), message)])
    return base


def _content(path: Path) -> bytes:
    """Raises UsageError for what has no end, or is larger than any study; OSError."""
    kind = path.stat().st_mode
    if not stat.S_ISREG(kind) and not stat.S_ISDIR(kind):
        raise UsageError(f"{path}: is a pipe or a device, not a file")
    with path.open("rb") as stream:
        content = stream.read(MOST_BYTES + 1)
    if len(content) > MOST_BYTES:
        raise UsageError(f"{path}: is larger than {MOST_BYTES // 2**10} KiB, which no study is")
    return content
