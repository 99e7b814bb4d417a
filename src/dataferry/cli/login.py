"""`dataferry login` and `logout`: a token for a server, kept where only its owner reads it."""

from __future__ import annotations

import getpass
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.markup import escape

from dataferry.cli.output import console, progress_console, show, word
from dataferry.messages import InputError, RefusedError

if TYPE_CHECKING:
    from dataferry.client import Client

TOKEN_MARK = "dfy_"  # noqa: S105  the beginning of every token, no secret
_LONGEST_TOKEN = 500

Json = Annotated[bool, typer.Option("--json", help="Print one JSON document.")]


def register(app: typer.Typer) -> None:
    """Add the commands of this room."""
    app.command("login")(login)
    app.command("logout")(logout)


def login(
    server: Annotated[str, typer.Argument(metavar="SERVER", help="Address of the server, such as https://host.")],
    token_file: Annotated[
        str | None, typer.Option("--token-file", help="File that holds the token; - reads standard input.")
    ] = None,
    plain_http: Annotated[
        bool,
        typer.Option("--plain-http", help="Send the token unencrypted to another machine. In your own network only."),
    ] = False,
    as_json: Json = False,
) -> None:
    """Log in to a server with an API token.

    Make the token on your account page there; it is asked for without being shown. It is tried, then kept in a file
    that only you can read. Several servers can be kept; the last one is used where none is named.
    """
    from dataferry.client import Client, Login, Logins
    from dataferry.client.addresses import need_closed_line, server_address

    address = server_address(server)
    need_closed_line(address, plain_http=plain_http)
    if token_file is None:
        progress_console.print(word("login_page", address=f"{address}/account/tokens/"), markup=False)
    token = _token(token_file)
    with Client(address, token, plain_http=plain_http) as client:
        person = client.me()
    logins = Logins()
    logins.keep(Login(address, token, plain_http))
    value = {"server": address, "person": {"id": person.id, "name": person.display_name}, "file": str(logins.file)}

    def render() -> None:
        called = escape(person.display_name or person.email or str(person.id))
        console.print(f"[green]✓[/] {escape(word('logged_in', name=called, server=address))}")

    show(value, as_json, render)


@contextmanager
def client_of(server: str | None) -> Iterator[Client]:
    """A client of the server that is meant, with the token that is kept for it."""
    from dataferry.client import Client, Logins

    kept = Logins().of(server)
    with Client(kept.server, kept.token, plain_http=kept.plain_http) as client:
        yield client


def logout(
    server: Annotated[
        str | None, typer.Argument(metavar="SERVER", help="The server (default: the one used last).")
    ] = None,
    as_json: Json = False,
) -> None:
    """Forget the token of a server. It stays valid: revoke it on your account page."""
    from dataferry.client import Logins

    logins = Logins()
    address = logins.of(server, {}).server
    logins.drop(address)
    value: dict[str, Any] = {"server": address}
    show(value, as_json, lambda: console.print(word("logged_out", server=address), markup=False))


def _token(file: str | None) -> str:
    """The token from a hidden prompt, a file, or standard input.

    Raises:
        InputError: `client.bad_token`, it does not look like one.
    """
    if file == "-" or (file is None and not sys.stdin.isatty()):
        text = sys.stdin.readline(_LONGEST_TOKEN)
    elif file is not None:
        try:
            with Path(file).open(encoding="utf-8", errors="replace") as opened:
                text = opened.readline(_LONGEST_TOKEN)
        except OSError as error:
            problem = error.strerror or type(error).__name__
            raise RefusedError("cli.token_unreadable", file=file, problem=problem) from error
    else:
        text = getpass.getpass(word("login_prompt") + " ")
    token = text.strip()
    if not token.startswith(TOKEN_MARK) or not token.isascii() or any(c.isspace() for c in token):
        raise InputError("client.bad_token")
    return token
