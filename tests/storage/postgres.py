"""A PostgreSQL server of the tests' own, in a folder of theirs; passwords are asked for."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
from pathlib import Path

PASSWORD = "hush-7f3a"
# Where root's programs are, which not every path of root's names.
RUNUSER = shutil.which("runuser") or shutil.which("runuser", path="/usr/sbin:/sbin")


def binaries() -> Path | None:
    """Where the newest server's programs are that is installed, if one is."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/pg_ctl"), key=lambda p: int(p.parts[-3]))
    if found:
        return found[-1].parent
    on_path = shutil.which("pg_ctl")
    return Path(on_path).parent if on_path else None


def why_not() -> str:
    """Why no server can be started here; empty where one can."""
    try:
        import psycopg  # noqa: F401
    except ImportError:
        return "psycopg is not installed"
    if binaries() is None:
        return "PostgreSQL is not installed"
    if os.geteuid() == 0 and RUNUSER is None:
        return "PostgreSQL does not run as root"
    return ""


class Postgres:
    """A server that listens at this machine's own address."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.data = folder, folder / "data"
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port: int = free.getsockname()[1]
        folder.mkdir(parents=True, exist_ok=True)
        secret = folder / "secret"
        secret.write_text(PASSWORD)
        if os.geteuid() == 0:
            for path in (folder, secret):
                shutil.chown(path, "postgres")
        how = ("-A", "scram-sha-256", "--pwfile", secret, "-U", "ablate", "-E", "UTF8", "--no-sync")
        self._call("initdb", "-D", self.data, *how)
        with (self.data / "postgresql.conf").open("a", encoding="utf-8") as settings:
            settings.write(
                f"\nport = {self.port}\nlisten_addresses = '127.0.0.1'\nmax_connections = 200\n"
                f"unix_socket_directories = '{folder}'\nfsync = off\n"
            )

    @property
    def url(self) -> str:
        return f"postgresql+psycopg://ablate@127.0.0.1:{self.port}/postgres"

    def start(self) -> None:
        self._call("pg_ctl", "-D", self.data, "-w", "-l", self.folder / "log", "start")

    def stop(self, how: str = "immediate") -> None:
        """`immediate`: as if it had crashed."""
        self._call("pg_ctl", "-D", self.data, "-w", "-m", how, "stop")

    def _call(self, program: str, *arguments: object) -> None:
        folder = binaries()
        assert folder is not None
        command = [str(folder / program), *map(str, arguments)]
        if os.geteuid() == 0:  # which the server refuses
            assert RUNUSER is not None
            command = [RUNUSER, "-u", "postgres", "--", *command]
        done = subprocess.run(command, cwd="/", capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
