"""The lock of a run folder on one machine."""

from filelock import FileLock


class FolderLock(FileLock):
    """It lasts as long as the process that holds it."""

    is_lost = False
