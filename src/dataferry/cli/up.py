"""`dataferry up`: the whole house on one machine, from nothing to a page, and down again with Ctrl-C."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Annotated, NoReturn

import typer

import dataferry
from dataferry.cli.house import SETTINGS, need_server
from dataferry.cli.output import console, progress, word
from dataferry.cli.processes import Child, stop
from dataferry.cli.serve import share_figures, web_command, worker_command
from dataferry.messages import InputError, RefusedError, UnavailableError, UsageError

READY_WITHIN = 60
WORKER_GRACE = 2.0
WORKER_INTERVAL = 0.5

Home = Annotated[Path | None, typer.Option("--home", help="Data home. (DATAFERRY_HOME, else ./var)")]
Examples = Annotated[
    Path | None, typer.Option("--examples", help="Product folders to build and show. (DATAFERRY_EXAMPLES)")
]
Host = Annotated[str | None, typer.Option("--host", help="Address. (DATAFERRY_HOST, else 127.0.0.1)")]
Port = Annotated[int | None, typer.Option("--port", min=1, max=65535, help="Port. (DATAFERRY_PORT, else 8000)")]


def register(app: typer.Typer) -> None:
    """Add `up`, and Django's own commands behind `manage`."""
    app.command("up")(up)
    passing = {"allow_extra_args": True, "ignore_unknown_options": True, "help_option_names": []}
    app.command("manage", hidden=True, context_settings=passing)(manage)


def manage(context: typer.Context) -> None:
    """Run one of Django's own commands, such as `dataferry manage changepassword admin`."""
    need_server()
    from dataferry.server import manage as django

    django.main(context.args)


def up(home: Home = None, examples: Examples = None, host: Host = None, port: Port = None) -> None:
    """Start Dataferry: make its data home, build the sample products, serve the pages. Ctrl-C stops it."""
    need_server()
    for name, given in (("HOME", home), ("EXAMPLES", examples), ("HOST", host), ("PORT", port)):
        if given is not None:
            os.environ[f"DATAFERRY_{name}"] = str(given)
    os.environ["DJANGO_SETTINGS_MODULE"] = SETTINGS
    from dataferry.server.portal import environment

    folder = Path(environment.HOME.read()).expanduser().absolute()
    address = (environment.HOST.read(), environment.PORT.read())
    with _only_one(folder):
        _check_port(*address)
        os.environ["DATAFERRY_HOME"] = str(folder)
        _prepare(_examples_folder(environment.EXAMPLES.read()))
        share_figures(folder)
        children = [
            Child("web", web_command(*address, environment.THREADS.read()), signal.SIGKILL),
            Child("worker", worker_command(grace=WORKER_GRACE, interval=WORKER_INTERVAL)),
        ]
        signal.signal(signal.SIGTERM, _interrupt)
        try:
            for child in children:
                child.start()
            _wait_until_ready(children[0], *address)
            _watch(*children)
        except KeyboardInterrupt:
            console.print(word("up_stopping"))
        finally:
            # A second Ctrl-C must not leave half of the house running.
            signal.signal(signal.SIGINT, signal.SIG_IGN)
            stop(children)
    console.print(word("up_stopped"))


def _interrupt(_number: int, _frame: object) -> NoReturn:
    raise KeyboardInterrupt


@contextlib.contextmanager
def _only_one(home: Path) -> Iterator[IO[str]]:
    """Make the home, readable by its owner only, and keep it from a second `up`."""
    import fcntl

    try:
        home.mkdir(mode=0o700, parents=True, exist_ok=True)
        lock = (home / "up.lock").open("w")
    except OSError as error:
        raise UsageError("server.portal.home_unwritable", home=str(home), why=error.strerror) from error
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise RefusedError("server.portal.already_up", home=str(home)) from error
        yield lock


def _check_port(host: str, port: int) -> None:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as trial:
        trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            trial.bind((host, port))
        except OSError as error:
            raise UsageError("server.portal.port_taken", host=host, port=port, why=error.strerror) from error


def _examples_folder(given: str) -> Path | None:
    """The folder asked for, else the examples beside the source of Dataferry, else none."""
    if given:
        folder = Path(given).expanduser()
        if not folder.is_dir():
            raise InputError("server.portal.no_examples", folder=given)
        return folder
    beside = Path(dataferry.__file__).parents[2] / "examples"
    return beside if beside.is_dir() else None


def _prepare(examples: Path | None) -> None:
    """Everything before the doors open: database, static files, first account, builds."""
    import django

    django.setup()
    from dataferry.server.portal import house

    with progress(word("up_preparing")) as step:
        step(word("up_database"), 0.1)
        house.migrate()
        step(word("up_static"), 0.5)
        house.collect_static_files()
        step(word("up_builds"), 0.8)
        account = house.first_account()
        house.recover()
        requested = list(house.request_builds(examples)) if examples else []
        refused = {folder for folder, error, _new in requested if error is not None}
        unread = list(house.register_datasets(examples)) if examples else []
    for folder, error in [
        *((folder, error) for folder, error, _new in requested),
        *((folder, error) for folder, error in unread if folder not in refused),
    ]:
        if error is not None:
            console.print(f"[yellow]![/] {folder.name}:", end=" ")
            console.print(error.text(), markup=False)
    new = sum(is_new for _folder, _error, is_new in requested)
    if new:
        console.print(word("up_new", count=new))
    if account:
        console.print(word("up_account", account=account.name), end=" ")
        console.print(account.password, style="bold", markup=False)
        console.print(word("up_password_note"))
        if letters := house.letters_folder():
            console.print(word("up_letters", folder=letters), markup=False)


def _wait_until_ready(web: Child, host: str, port: int) -> None:
    shown = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104  listening there is the caller's choice
    address = f"http://[{shown}]:{port}" if ":" in shown else f"http://{shown}:{port}"
    end = time.monotonic() + READY_WITHIN
    while time.monotonic() < end:
        code = web.ended()
        if code is not None:
            raise UnavailableError("server.portal.web_stopped", code=code)
        try:
            with urllib.request.urlopen(f"{address}/healthz", timeout=2):  # noqa: S310  our own address
                console.print(word("up_ready", address=f"[bold]{address}[/]"))
                return
        except urllib.error.HTTPError:
            # It answers, only not to this name or not without HTTPS.
            console.print(word("up_listens", address=f"[bold]{address}[/]"))
            return
        except OSError:
            time.sleep(0.1)
    raise UnavailableError("server.portal.web_silent", retry=True, seconds=READY_WITHIN)


def _watch(web: Child, worker: Child) -> None:
    """Until Ctrl-C: a worker that ends is started again, a web server that ends ends it all.

    Lost jobs need no watch here: each worker sweeps and keeps the schedule itself.
    """
    while True:
        time.sleep(0.5)
        code = web.ended()
        if code is not None:
            raise UnavailableError("server.portal.web_stopped", code=code)
        worker.revive()
