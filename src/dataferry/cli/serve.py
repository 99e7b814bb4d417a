"""`dataferry web` and `dataferry worker`: the two kinds of processes of a site, each as often as a city likes."""

from __future__ import annotations

import os
import platform
import signal
import sys
import time
from pathlib import Path
from typing import Annotated, NoReturn

import typer

from dataferry.cli.house import enter_house
from dataferry.cli.output import console, word
from dataferry.cli.processes import Child, stop
from dataferry.messages import UnavailableError

WEB_KILL_TIMEOUT = 10
HANDING_BACK = 4.0
"""Seconds beyond its grace that a worker has to give its job away; then it is killed and the job counts as lost."""

WebProcesses = Annotated[int, typer.Option("--processes", min=1, max=64, help="Web processes on this machine.")]
WorkProcesses = Annotated[int, typer.Option("--processes", min=1, max=64, help="Workers on this machine.")]
Host = Annotated[str | None, typer.Option("--host", help="Address. (DATAFERRY_HOST, else 127.0.0.1)")]
Port = Annotated[int | None, typer.Option("--port", min=1, max=65535, help="Port. (DATAFERRY_PORT, else 8000)")]
Grace = Annotated[
    float,
    typer.Option("--grace", min=0, help="Seconds that a job may go on after SIGTERM before it is handed to another."),
]
UntilEmpty = Annotated[bool, typer.Option("--until-empty", help="End when no job is due.")]


def register(app: typer.Typer) -> None:
    """Add `web` and `worker`."""
    app.command("web")(web)
    app.command("worker")(worker)


def web_command(host: str, port: int, threads: int, *, processes: int = 1, kill_timeout: int = 4) -> list[str]:
    """The command line of the web server (WSGI; a worker of it that hangs at its end is killed)."""
    options = ["--interface", "wsgi", "--host", host, "--port", str(port), "--no-ws"]
    options += ["--workers", str(processes), "--blocking-threads", str(threads)]
    options += ["--workers-kill-timeout", str(kill_timeout), "--respawn-failed-workers", "--log-level", "error"]
    return [sys.executable, "-m", "granian", *options, "dataferry.server.portal.wsgi:application"]


def worker_command(*, grace: float, interval: float = 1.0, until_empty: bool = False) -> list[str]:
    """The command line of one worker."""
    options = ["--interval", str(interval), "--grace", str(grace), *(["--until-empty"] if until_empty else [])]
    return [sys.executable, "-m", "dataferry.server.manage", "worker", *options]


def share_figures(home: Path) -> None:
    """Web processes started from here share their figures for Prometheus in a folder of this machine's own."""
    from dataferry.server.portal.metrics import fresh_folder

    folder = home / "metrics" / (platform.node() or "here")
    fresh_folder(folder)
    os.environ["PROMETHEUS_MULTIPROC_DIR"] = str(folder)


def web(processes: WebProcesses = 1, host: Host = None, port: Port = None) -> None:
    """Serve the pages and the API on this machine, for a site of several processes. SIGTERM stops it."""
    _enter()
    from django.conf import settings

    from dataferry.server.portal import environment, house

    house.collect_static_files()
    share_figures(settings.HOME)
    where = (host or environment.HOST.read(), port or environment.PORT.read())
    console.print(word("up_listens", address=f"[bold]http://{where[0]}:{where[1]}[/]"))
    sys.stdout.flush()
    command = web_command(*where, environment.THREADS.read(), processes=processes, kill_timeout=WEB_KILL_TIMEOUT)
    # The web server takes the place of this process, so that signals reach it without a middleman.
    os.execv(command[0], command)  # noqa: S606  a fixed command of ours


def worker(processes: WorkProcesses = 1, grace: Grace = 20.0, until_empty: UntilEmpty = False) -> None:
    """Do background jobs, for a site of several processes. SIGTERM lets a running job finish or hands it back."""
    _enter()
    if processes == 1:
        from dataferry.server.jobs.worker import work

        work(grace=grace, until_empty=until_empty)
        return
    children = [
        Child(f"worker {number}", worker_command(grace=grace, until_empty=until_empty)) for number in range(processes)
    ]
    signal.signal(signal.SIGTERM, _interrupt)
    try:
        for child in children:
            child.start()
        while not (until_empty and all(child.ended() is not None for child in children)):
            time.sleep(0.5)
            if not until_empty:
                for child in children:
                    child.revive()
    except KeyboardInterrupt:
        console.print(word("up_stopping"))
    finally:
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        stop(children, patience=grace + HANDING_BACK)


def _interrupt(_number: int, _frame: object) -> NoReturn:
    raise KeyboardInterrupt


def _enter() -> None:
    """Django is ready, and the database has the form that this version needs."""
    enter_house()
    from django.db import connection
    from django.db.migrations.executor import MigrationExecutor
    from django.db.utils import Error as DatabaseError

    try:
        executor = MigrationExecutor(connection)
        waiting = len(executor.migration_plan(executor.loader.graph.leaf_nodes()))
    except DatabaseError as error:
        # The driver's words may repeat the password of the address.
        raise UnavailableError("server.portal.check_database_silent", retry=True, kind=type(error).__name__) from error
    finally:
        connection.close()
    if waiting:
        raise UnavailableError("server.portal.check_migrations", count=waiting)
