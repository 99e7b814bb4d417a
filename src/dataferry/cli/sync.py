"""`dataferry status`, `push` and `pull`: a product folder and its twin on a server."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.markup import escape
from rich.text import Text

from dataferry.cli.login import client_of
from dataferry.cli.output import console, progress, show, word
from dataferry.messages import UsageError

if TYPE_CHECKING:
    from dataferry.client.comparing import Standing
    from dataferry.client.pulling import Pulled
    from dataferry.client.pushing import Pushed

_DRAFT_WORDS = frozenset({"none", "same", "moved", "other"})

Json = Annotated[bool, typer.Option("--json", help="Print one JSON document.")]
Folder = Annotated[Path, typer.Argument(metavar="DIR", help="The folder that holds product.yaml (default: here).")]
Server = Annotated[str | None, typer.Option("--server", help="The server (default: the one used last).")]


def register(app: typer.Typer) -> None:
    """Add the commands of this room."""
    app.command("status")(status)
    app.command("push")(push)
    app.command("pull")(pull)


def status(folder: Folder = Path(), server: Server = None, as_json: Json = False) -> None:
    """Show who you are on the server, and how the product folder stands to its draft and release there."""
    from dataferry.client import standing

    with client_of(server) as client:
        found = standing(client, folder)
    show(found.to_json(), as_json, lambda: _show_standing(found))
    if found.problem is not None:
        raise typer.Exit(found.problem.exit_code)


def _show_standing(found: Standing) -> None:
    if found.problem is not None:
        console.print(f"[red]✗[/] {escape(found.server)}")
        console.print(Text("  " + found.problem.text()))
        return
    person = found.person
    called = (person.display_name or person.email or str(person.id)) if person else ""
    console.print(f"[green]✓[/] {escape(word('logged_in', name=called, server=found.server))}")
    if not found.name:
        console.print(word("status_no_product"), markup=False)
        return
    console.print(Text(f"{found.name} {found.version}", style="bold"))
    for path in found.changed:
        console.print(Text("  • " + word("status_changed", file=path), style="yellow"))
    draft = found.draft if found.draft in _DRAFT_WORDS else "other"
    console.print(Text("  " + word(f"status_draft_{draft}")))
    built = found.built_digest or word("status_not_built")
    console.print(Text("  " + word("status_built", digest=built)))
    console.print(Text("  " + word("status_released", digest=found.release_digest or word("status_not_released"))))
    if found.same_release is not None:
        same = found.same_release
        console.print(f"[{'green' if same else 'red'}]{'✓' if same else '✗'}[/]", end=" ")
        console.print(word("status_same" if same else "status_differs"), markup=False)


def push(
    folder: Folder = Path(),
    build: Annotated[bool, typer.Option("--build", help="Ask the server for a build of it afterwards.")] = False,
    wait: Annotated[bool, typer.Option("--wait", help="With --build: stay until the build ended.")] = False,
    replace: Annotated[
        bool, typer.Option("--replace", help="Overwrite the draft on the server, whoever changed it.")
    ] = False,
    server: Server = None,
    as_json: Json = False,
) -> None:
    """Send a product to the server as a draft: product.yaml, the recipe, and the input files it lacks there."""
    from dataferry.cli.build import local_store
    from dataferry.client import push as push_product

    if wait and not build:
        raise UsageError("cli.wait_without_build")
    with client_of(server) as client, progress(str(folder)) as step:
        pushed = push_product(
            client, folder, replace=replace, build=build, wait=wait, store=local_store(None), told=step
        )
    show(pushed.to_json(), as_json, lambda: _show_pushed(pushed))


def _show_pushed(pushed: Pushed) -> None:
    told = "pushed" if pushed.changed else "pushed_same"
    console.print("[green]✓[/]", end=" ")
    console.print(word(told, name=pushed.name, revision=pushed.revision, server=pushed.server), markup=False)
    if pushed.sent:
        console.print(Text("  " + word("pushed_sent", inputs=list(pushed.sent))))
    if pushed.known:
        console.print(Text("  " + word("pushed_known", inputs=list(pushed.known))))
    if pushed.build is not None:
        state, digest = pushed.build.state, pushed.build.digest or ""
        told = "pushed_built" if digest else "pushed_building"
        console.print(Text("  " + word(told, build=pushed.build.id, state=state, digest=digest)))


def pull(
    product: Annotated[
        str,
        typer.Argument(metavar="NAME[@VERSION]", help="The product; @VERSION for one release, @draft for the draft."),
    ],
    to: Annotated[Path | None, typer.Option("--to", help="The folder (default: NAME here).")] = None,
    server: Server = None,
    as_json: Json = False,
) -> None:
    """Fetch a product with its inputs as a folder that `dataferry build` builds again to the same digest."""
    from dataferry.client import pull as pull_product

    name, _, version = product.partition("@")
    with client_of(server) as client, progress(name) as step:
        pulled = pull_product(client, name, version or None, to, step)
    show(pulled.to_json(), as_json, lambda: _show_pulled(pulled))


def _show_pulled(pulled: Pulled) -> None:
    console.print("[green]✓[/]", end=" ")
    console.print(
        word("pulled", name=f"{pulled.name} {pulled.version}".strip(), folder=str(pulled.folder)), markup=False
    )
    for path in pulled.files:
        console.print(Text(f"  {path}"))
    for path in pulled.removed:
        console.print(Text("  " + word("pulled_removed", file=path)))
    if pulled.digest:
        console.print(Text(pulled.digest, style="dim"))
    console.print(word("pulled_next", folder=str(pulled.folder)), markup=False)
