"""`dataferry credential verify`: may this certificate be believed? Needs no house, no database and no network."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from dataferry.cli.house import need_server
from dataferry.cli.output import console, show, word
from dataferry.messages import Finding, MissingError, UsageError

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

KEYS = "keys/*.pub.pem"
"""Where a house keeps the public keys that it signed with, below its home."""

credential_app = typer.Typer(help="Certificates as verifiable credentials: verify one.", no_args_is_help=True)


def register(app: typer.Typer) -> None:
    """Add `credential` with its command. The callback keeps the command's name where it is the only one."""
    credential_app.callback()(_root)
    credential_app.command("verify")(verify)
    app.add_typer(credential_app, name="credential")


def _root() -> None:
    """Certificates as verifiable credentials: verify one."""


def verify(
    file: Annotated[Path, typer.Argument(help="The credential, a JSON file.")],
    keys: Annotated[
        list[Path] | None,
        typer.Option("--key", help="Keys to trust: PEM, did:key or the issuer's document; may be given again."),
    ] = None,
    lists: Annotated[
        list[Path] | None,
        typer.Option(
            "--status-list", help="The issuer's list of revoked, or of suspended, credentials; may be given again."
        ),
    ] = None,
    home: Annotated[Path | None, typer.Option("--home", help="Data home whose own keys to trust.")] = None,
    at: Annotated[str | None, typer.Option("--at", help="Judge by this instant, with its zone (default: now).")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
) -> None:
    """Tell whether a credential is signed by a trusted key, unchanged, valid and not revoked. Ends with 3 if not.

    Nothing is fetched: give the keys that you trust and the status list.
    """
    need_server()
    from dataferry.server.papers import credentials

    moment = _instant(at)
    trusted = _keys(keys or [], home)
    credential = credentials.read_json(_read(file), str(file))
    held = [credentials.read_json(_read(each), str(each)) for each in lists or ()]
    findings = credentials.verify(credential, trusted, held, at=moment)
    holds = not any(finding.severity == "blocked" for finding in findings)
    value = {"holds": holds, "findings": [{**finding.to_json(), "message": finding.text()} for finding in findings]}
    show(value, as_json, lambda: _tell(credential, findings, holds))
    if not holds:
        raise typer.Exit(3)


def _tell(credential: Any, findings: list[Finding], holds: bool) -> None:
    for finding in findings:
        console.print("[red]✗[/]" if finding.severity == "blocked" else "[yellow]![/]", end=" ")
        console.print(finding.text(), markup=False, soft_wrap=True)
    if holds:
        issuer = credential["issuer"]
        name = issuer.get("name", issuer["id"]) if isinstance(issuer, dict) else issuer
        console.print("[green]✓[/]", end=" ")
        console.print(word("credential_holds", issuer=name), markup=False, soft_wrap=True)


def _keys(files: list[Path], home: Path | None) -> list[Ed25519PublicKey]:
    from dataferry.server.papers import credentials

    own = [] if home is None else sorted(home.glob(KEYS))
    if home is not None and not own:
        raise MissingError("cli.no_keys_at_home", home=str(home))
    return [key for file in [*files, *own] for key in credentials.read_keys(_read(file), str(file))]


def _read(file: Path) -> bytes:
    from dataferry.server.papers.credentials.files import LARGEST

    try:
        with file.open("rb") as opened:
            return opened.read(LARGEST + 1)
    except OSError as error:
        raise MissingError("cli.credential_unread", file=str(file), problem=error.strerror) from error


def _instant(text: str | None) -> datetime | None:
    if text is None:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise UsageError("cli.no_instant", value=text) from error
    if moment.tzinfo is None:
        raise UsageError("cli.no_instant", value=text)
    return moment
