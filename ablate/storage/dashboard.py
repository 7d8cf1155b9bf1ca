"""Optuna's dashboard of a record, which can be looked at there and not be changed."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from copy import copy
from dataclasses import dataclass
from socketserver import ThreadingMixIn
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

from optuna.trial import FrozenTrial

from ablate.errors import UsageError
from ablate.storage.quiet import quiet
from ablate.storage.store import Store

READ = ("GET", "HEAD")
Application = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]


@dataclass(frozen=True)
class Served:
    """A dashboard that has an address, and answers there once it is told to."""

    address: str
    answer: Callable[[], None]  # requests, until something is raised


@contextmanager
def show_record(store: Store, host: str, port: int) -> Iterator[Served]:
    """Optuna's dashboard of the record there, at a port of this machine; 0 is any that is free.

    It asks the record again whenever it is looked at. Raises UsageError for a port that cannot be
    had and where optuna-dashboard is not installed, RunFolderError for a damaged record.
    """
    try:
        with quiet():
            from optuna_dashboard import wsgi
    except ImportError as error:
        mend = "pip install 'ablate-nn[dashboard]'"
        raise UsageError(f"dashboard: {error.name or error} is not installed: {mend}") from error
    study, storage = store.open()
    # It asks by these, also for the best one.
    one, every = storage.get_trial, storage.get_all_trials
    storage.get_trial = lambda *given: plain(one(*given))  # type: ignore[method-assign]
    storage.get_all_trials = lambda *given, **more: [  # type: ignore[method-assign]
        plain(trial) for trial in every(*given, **more)
    ]
    try:
        server = make_server(host, port, only_read(wsgi(storage)), _Server, _Silent)
    except OSError as error:
        raise UsageError(
            f"{host}:{port}: {error.strerror}; --port 0 takes any that is free"
        ) from error
    with server:
        page = f"dashboard/studies/{study._study_id}"
        yield Served(f"http://{host}:{server.server_port}/{page}", server.serve_forever)


def only_read(application: Application) -> Application:
    """An application that answers what reads, and refuses everything else."""

    def answer(request: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
        if request["REQUEST_METHOD"] in READ:
            return application(request, start)
        start("403 Forbidden", [("Content-Type", "application/json")])
        return [b'{"reason": "`ablate dashboard` shows a record and changes none"}']

    return answer


def plain(trial: FrozenTrial) -> FrozenTrial:
    """A trial with those attributes that a table can show: of a cell and how it ended, no maps."""
    shown = copy(trial)
    shown.user_attrs = {
        name.removeprefix("sweep."): value
        for name, value in trial.user_attrs.items()
        if isinstance(value, str | int | float)
    }
    return shown


class _Server(ThreadingMixIn, WSGIServer):
    daemon_threads = True


class _Silent(WSGIRequestHandler):
    def log_message(self, format: str, *arguments: object) -> None:
        """Nobody wants a line for each request."""
