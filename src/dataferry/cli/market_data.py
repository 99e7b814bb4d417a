"""`dataferry market data`, `key`, `profile`, `fetch`: what was bought, and how it comes here."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from dataferry.cli.login import client_of
from dataferry.cli.output import console, progress, progress_console, show, word
from dataferry.messages import UsageError

SCOPES = ("share", "files", "rows", "answers")

Json = Annotated[bool, typer.Option("--json", help="Print one JSON document.")]
Server = Annotated[str | None, typer.Option("--server", help="The server (default: the one used last).")]
Replace = Annotated[bool, typer.Option("--replace", help="Overwrite the file if it is there.")]
DeliveryNumber = Annotated[str, typer.Argument(metavar="DELIVERY", help="Number of the delivery: E-...")]
Days = Annotated[int, typer.Option("--days", min=1, max=400, help="Days until the key ends.")]
Label = Annotated[str, typer.Option("--label", help="Name of the key, such as the program that uses it.")]


def register(market_app: typer.Typer) -> None:
    """Add the commands of this room."""
    market_app.command("data")(data)
    market_app.command("key")(key)
    market_app.command("profile")(profile)
    market_app.command("fetch")(fetch)


def data(server: Server = None, as_json: Json = False) -> None:
    """List what you may fetch, with what was counted."""
    from dataferry.cli.market_output import show_deliveries

    with client_of(server) as client:
        found = [(each, client.market.usage(each)) for each in client.market.deliveries()]
    value = [{**each.raw, "usage": dict(used.raw)} for each, used in found]
    show(value, as_json, lambda: show_deliveries(found))


def key(
    delivery: DeliveryNumber,
    scope: Annotated[
        list[str] | None, typer.Option("--scope", help="What it opens: share, files, rows, answers. May be repeated.")
    ] = None,
    days: Days = 90,
    label: Label = "",
    shown: Annotated[
        bool, typer.Option("--show", help="Print the key on standard output. It cannot be shown again.")
    ] = False,
    out: Annotated[Path | None, typer.Option("--out", help="Write the key to this file, for your eyes only.")] = None,
    replace: Replace = False,
    server: Server = None,
    as_json: Json = False,
) -> None:
    """Make an access key for curl, R and other programs. Say where it goes: --show or --out."""
    from dataferry.cli.market_output import cell
    from dataferry.client.secret_file import free_place, write_secret

    if shown == (out is not None):
        raise UsageError("cli.market_key_where")
    wanted = scope or ["files", "rows"]
    if not set(wanted) <= set(SCOPES):
        raise UsageError("cli.market_no_scope", possible=", ".join(SCOPES))
    if out is not None:
        free_place(out, replace=replace)
    with client_of(server) as client:
        made = client.market.new_key(delivery, wanted, days=days, label=label)
        if out is not None:
            try:
                write_secret(out, made.token + "\n", replace=replace)
            except BaseException:
                client.market.revoke_key(delivery, made)
                raise
    told = {"id": made.id, "scopes": made.scopes, "expires_at": made.expires_at}
    told |= {"token": made.token} if shown else {"file": str(out)}

    def render() -> None:
        if shown:
            typer.echo(made.token)
        line = cell(word("market_key_made", delivery=delivery, key=made.id, ends=made.expires_at[:10]))
        progress_console.print(line, soft_wrap=True)
        if out is not None:
            console.print(str(out), markup=False, soft_wrap=True)

    show(told, as_json, render)


def profile(
    delivery: DeliveryNumber,
    out: Annotated[Path | None, typer.Option("--out", help="The file (default: the share's name with .share).")] = None,
    days: Days = 90,
    label: Label = "",
    replace: Replace = False,
    server: Server = None,
    as_json: Json = False,
) -> None:
    """Save a profile file for Delta Sharing: pandas, Spark and others. It holds a new key; only you can read it."""
    from dataferry.cli.market_output import cell, tell

    with client_of(server) as client:
        found = client.market.delivery(delivery)
        place = client.market.save_profile(found, out, days=days, label=label, replace=replace)

    def render() -> None:
        console.print("[green]✓[/]", end=" ")
        tell("market_profile_saved", file=str(place))
        console.print(cell(f'delta_sharing.load_as_pandas("{place}#{found.table}")'), soft_wrap=True)

    show({"file": str(place), "table": found.table}, as_json, render)


def fetch(
    delivery: DeliveryNumber,
    kind: Annotated[str, typer.Option("--format", help="parquet, csv, geojson or fgb.")] = "parquet",
    out: Annotated[Path | None, typer.Option("--out", help="The file (default: the share's name).")] = None,
    replace: Replace = False,
    server: Server = None,
    as_json: Json = False,
) -> None:
    """Fetch the newest version as one file, checked and resumed where the line breaks. A download is counted."""
    from dataferry.cli.market_output import tell

    with client_of(server) as client, progress(word("market_preparing")) as step:

        def told(have: int, whole: int | None) -> None:
            step(word("market_fetching", delivery=delivery), have / whole if whole else None)

        place = client.market.download(delivery, out, format=kind, replace=replace, step=told)
    size = place.stat().st_size

    def render() -> None:
        console.print("[green]✓[/]", end=" ")
        tell("market_fetched", file=str(place), bytes=f"{size:,}")

    show({"file": str(place), "bytes": size}, as_json, render)
