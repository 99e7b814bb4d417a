"""Which servers this person uses, and the token for each: one file in the user's folder that only they may read."""

from __future__ import annotations

import json
import os
import stat
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from dataferry.client.addresses import server_address
from dataferry.client.secret_file import replace_secret
from dataferry.messages import MissingError, RefusedError

FILE = "logins.json"


@dataclass(frozen=True)
class Login:
    """A server, the token for it, and whether the line to it may be open (plain HTTP to another machine)."""

    server: str
    token: str
    plain_http: bool = False

    def __repr__(self) -> str:
        return f"Login({self.server!r})"


def config_folder() -> Path:
    """`DATAFERRY_CONFIG`, else `dataferry` in the user's folder for settings."""
    if given := os.environ.get("DATAFERRY_CONFIG"):
        return Path(given).expanduser()
    base = os.environ.get("XDG_CONFIG_HOME") or "~/.config"
    return Path(base).expanduser() / "dataferry"


class Logins:
    """The file of logins. The one used last is the default."""

    def __init__(self, folder: Path | None = None) -> None:
        self.file = (folder or config_folder()) / FILE

    def all(self) -> list[Login]:
        """Every login, the default first.

        Raises:
            RefusedError: `client.logins_open`, others may read the file; `client.logins_damaged`, it is not ours.
        """
        try:
            state = self.file.stat()
            text = self.file.read_text(encoding="utf-8")
        except FileNotFoundError:
            return []
        except (OSError, UnicodeDecodeError) as error:
            raise RefusedError("client.logins_damaged", file=str(self.file)) from error
        if os.name == "posix" and stat.S_IMODE(state.st_mode) & 0o077:
            raise RefusedError("client.logins_open", file=str(self.file))
        try:
            return [Login(item["server"], item["token"], bool(item.get("plain_http"))) for item in json.loads(text)]
        except (ValueError, KeyError, TypeError) as error:
            raise RefusedError("client.logins_damaged", file=str(self.file)) from error

    def of(self, server: str | None = None, environment: Mapping[str, str] = os.environ) -> Login:
        """The login for `server`; without one: `DATAFERRY_SERVER`, else the default.

        `DATAFERRY_TOKEN` wins over a stored token, so that machines need no file.

        Raises:
            MissingError: `client.no_login`, nobody logged in (there).
        """
        wanted = server or environment.get("DATAFERRY_SERVER") or ""
        token = environment.get("DATAFERRY_TOKEN", "").strip()
        address = server_address(wanted) if wanted else ""
        if address and token:
            return Login(address, token)
        for login in self.all():
            if not address or login.server == address:
                return Login(login.server, token or login.token, login.plain_http)
        raise MissingError("client.no_login", server=address or "?")

    def keep(self, login: Login) -> None:
        """Store a login as the default, in place of an older one for the same server."""
        self._write([login, *(each for each in self.all() if each.server != login.server)])

    def drop(self, server: str) -> bool:
        """Forget a server; whether it was there."""
        address = server_address(server)
        known = self.all()
        kept = [each for each in known if each.server != address]
        if len(kept) == len(known):
            return False
        self._write(kept)
        return True

    def _write(self, logins: list[Login]) -> None:
        """Written beside and moved into place, readable by its owner from its first byte."""
        try:
            self.file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            replace_secret(self.file, json.dumps([asdict(login) for login in logins], indent=2))
        except OSError as error:
            raise RefusedError(
                "client.logins_unwritable", file=str(self.file), problem=error.strerror or type(error).__name__
            ) from error
