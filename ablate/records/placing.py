"""Where the record of a run is to lie: settled once, as its folder begins."""

from __future__ import annotations

from ablate.errors import RunFolderError
from ablate.records.folder import RunFolder
from ablate.storage import ServerStore, checked, new_server, taken


def place_record(folder: RunFolder, url: str | None) -> None:
    """Let the record lie at the server's `url`; None: where it does, else in the folder.

    What confirms a run has its record where the run has. Raises RunFolderError for a folder whose
    record is elsewhere, or a run of that name on the server whose folder is another; UsageError
    and RecordAway for an address that is none or is not answered from.
    """
    run = folder.confirms
    if url is None and run and run.server:
        url = run.server.url
    if url is None:
        return
    if server := folder.server:
        if server.url != checked(url):
            raise RunFolderError(
                f"{folder.path}: its record is {server.label}; leave --storage out"
            )
        return
    if folder.database.exists():
        raise RunFolderError(
            f"{folder.path}: its record is a file, {folder.database.name}, and stays one; another "
            "run (--as NAME) takes over the cells that are done"
        )
    server = new_server(url, _name(folder))
    # Without patience: the address may be mistyped.
    if ServerStore(server).exists() and not folder.storage.exists():
        raise taken(server)
    folder.path.mkdir(parents=True, exist_ok=True)
    server.write(folder.storage)


def _name(folder: RunFolder) -> str:
    """Of a run on a server: as its folder is called."""
    name = folder.run.path.name
    return f"{name}/{folder.path.name}" if folder.confirms else name
