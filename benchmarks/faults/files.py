"""Faults of files, between two runs: cut, emptied, a bit turned, gone, moved."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from functools import partial
from pathlib import Path

from benchmarks.faults.fault import Fault, Struck
from benchmarks.faults.scene import Call, Scene

Damage = Callable[[Scene, bytes], bytes]
REBUILD = r"db rebuild"


def _cut(scene: Scene, whole: bytes) -> bytes:
    return whole[: scene.draws.randrange(1, len(whole))]


def _emptied(scene: Scene, whole: bytes) -> bytes:
    return b""


def _turned(scene: Scene, whole: bytes) -> bytes:
    """One bit, anywhere."""
    place, bit = scene.draws.randrange(len(whole)), scene.draws.randrange(8)
    return whole[:place] + bytes([whole[place] ^ 1 << bit]) + whole[place + 1 :]


DAMAGES: dict[str, Damage] = {"cut": _cut, "emptied": _emptied, "with a bit turned": _turned}


def _damage(path: Path, damage: Damage, scene: Scene) -> None:
    path.write_bytes(damage(scene, path.read_bytes()))


def _plan(damage: Damage, scene: Scene, call: Call | None) -> Struck | None:
    if not scene.folder.plan.is_file():
        return None
    _damage(scene.folder.plan, damage, scene)
    return Struck(REBUILD, codes=(2,))


def _database(damage: Damage, scene: Scene, call: Call | None) -> Struck | None:
    if not scene.folder.database.is_file():
        return None
    _damage(scene.folder.database, damage, scene)
    if damage is _turned:  # perhaps where nothing is written: then there is nothing to say
        return Struck(codes=(0, 2))
    return Struck(REBUILD, codes=(2,))


def _checkpoint(damage: Damage, scene: Scene, call: Call | None) -> Struck | None:
    found = sorted(scene.folder.path.glob("cells/*/checkpoint.pt"))
    if not found:
        return None
    path = scene.draws.choice(found)
    _damage(path, damage, scene)
    return Struck(rf"{path.parent.name}/checkpoint\.pt")


def _result(damage: Damage, scene: Scene, call: Call | None) -> Struck | None:
    cell = _lose_one(scene)
    if cell is None:
        return None
    _damage(cell / "result.json", damage, scene)
    return Struck(rf"{cell.name}/result\.json: .*; it is trained again")


def _cell(scene: Scene, call: Call | None) -> Struck | None:
    cell = _lose_one(scene)
    if cell is None:
        return None
    shutil.rmtree(cell)
    return Struck(rf"{cell.name}/result\.json: missing; it is trained again")


def _lose_one(scene: Scene) -> Path | None:
    """A finished cell, whose files will not be what they were."""
    if not (done := scene.done()):
        return None
    cell = scene.draws.choice(done)
    scene.lost[cell.name] = scene.lost.get(cell.name, 0) + 1
    return cell


def _delete(name: str, scene: Scene, call: Call | None) -> Struck | None:
    path = scene.folder.path / name
    if not path.is_file():
        return None
    path.unlink()
    scene.rebuilt |= name == "study.db"
    return Struck(codes=(0, 2))


def _move(scene: Scene, call: Call | None) -> Struck | None:
    before = scene.runs
    before.rename(before.with_name(f"runs{len(scene.calls)}"))
    return Struck()


def _on_server(scene: Scene) -> str:
    return "its record is on a server" if scene.server else ""


def _damaged(
    what: str,
    come: Callable[[Damage, Scene, Call | None], Struck | None],
    why_not: Callable[[Scene], str] = lambda scene: "",
) -> tuple[Fault, ...]:
    return tuple(
        Fault(f"{what} {how}", "between runs", partial(come, damage), why_not)
        for how, damage in DAMAGES.items()
    )


FILES = (
    *_damaged("checkpoint", _checkpoint),
    *_damaged("plan.json", _plan),
    *_damaged("result.json", _result),
    *_damaged("study.db", _database, _on_server),
    Fault("plan.json deleted", "between runs", partial(_delete, "plan.json")),
    Fault("study.db deleted", "between runs", partial(_delete, "study.db"), _on_server),
    Fault("cell folder deleted", "between runs", _cell),
    Fault("run folder moved", "between runs", _move),
)
