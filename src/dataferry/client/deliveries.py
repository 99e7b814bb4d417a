"""What a buyer may fetch: deliveries, their keys, the file, the rows, and what was counted."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from dataferry.client import hostile
from dataferry.client.asking import API, every, number_of, one, path_part
from dataferry.client.conditions import query_of
from dataferry.client.download import Step, download
from dataferry.client.market_records import AccessKey, Delivery, DownloadPlace, Usage
from dataferry.client.secret_file import free_place, write_secret
from dataferry.client.transport import Transport
from dataferry.messages import DataferryError, InputError, UnavailableError

FORMATS = ("parquet", "csv", "geojson", "fgb")
MOST_WAITING = 3600.0
ROWS_AT_ONCE = 1000
_IN_WORK = frozenset({"server.delivery.being_prepared", "server.delivery.being_made_again"})
_OWN_LABEL = "dataferry client"


class Deliveries:
    """Deliveries of one server. Keys that `rows` makes for itself live in memory, and end with `close`."""

    def __init__(self, transport: Transport, sleep: Callable[[float], None] = time.sleep) -> None:
        self._transport = transport
        self._sleep = sleep
        self._own_keys: dict[str, AccessKey] = {}

    def close(self) -> None:
        """Revoke the keys that were made on the way. One that cannot be revoked now ends within a day."""
        while self._own_keys:
            number, key = self._own_keys.popitem()
            with contextlib.suppress(DataferryError):
                self.revoke_key(number, key.id)

    def deliveries(self) -> Iterator[Delivery]:
        """What one's organisations may fetch, the newest first."""
        return every(self._transport, Delivery, "/deliveries")

    def delivery(self, number: str | Delivery) -> Delivery:
        """One delivery with its doors, its table in the share, and its versions."""
        return one(self._transport, Delivery, _path(number))

    def usage(self, delivery: str | Delivery) -> Usage:
        """What was counted, as the supplier sees it too."""
        return one(self._transport, Usage, f"{_path(delivery)}/usage")

    # Keys

    def keys(self, delivery: str | Delivery) -> Iterator[AccessKey]:
        """Keys of a delivery, the newest first, without their tokens."""
        return every(self._transport, AccessKey, f"{_path(delivery)}/keys")

    def new_key(
        self, delivery: str | Delivery, scopes: Sequence[str] = ("share",), *, days: int = 90, label: str = ""
    ) -> AccessKey:
        """Make a key. Its `token` is in this record and nowhere else.

        Args:
            scopes: what it opens: share, files, rows, answers.
            days: until it ends.
        """
        body = {"scopes": list(scopes), "days": days, "label": label}
        made = AccessKey.of(self._transport.json("POST", f"{API}{_path(delivery)}/keys", json=body))
        if not _is_token(made.token):
            raise UnavailableError("client.strange_answer", what="AccessKey.token")
        return made

    def revoke_key(self, delivery: str | Delivery, key: int | AccessKey) -> None:
        """End a key now."""
        number = key.id if isinstance(key, AccessKey) else int(key)
        self._transport.json("DELETE", f"{API}{_path(delivery)}/keys/{number}")

    def save_profile(
        self,
        delivery: str | Delivery,
        path: Path | None = None,
        *,
        days: int = 90,
        label: str = "",
        replace: bool = False,
    ) -> Path:
        """Make a key for Delta Sharing and write its profile file, readable by its owner only.

        Args:
            path: by default the name of the share with `.share`, in the working folder.
            replace: whether a file that is there may be overwritten; its key goes on until it ends or is revoked.

        Raises:
            RefusedError: `client.file_there`, `client.file_unwritable`; no key is left then.
        """
        from dataferry.formats.delta_sharing import Profile
        from dataferry.formats.delta_sharing.instants import parse_instant

        place = free_place(path or Path(f"{_share_of(self.delivery(delivery))}.share"), replace=replace)
        key = self.new_key(delivery, ["share"], days=days, label=label)
        try:
            ends = parse_instant(key.expires_at, "expires_at")
            text = Profile(f"{self._transport.server}/delta-sharing", key.token, ends).to_text()
            write_secret(place, text, replace=replace)
        except DataferryError:
            with contextlib.suppress(DataferryError):
                self.revoke_key(delivery, key)
            raise
        return place

    # Data

    def download(
        self,
        delivery: str | Delivery,
        to: Path | None = None,
        *,
        format: str = "parquet",  # noqa: A002  what a user calls it
        replace: bool = False,
        step: Step | None = None,
    ) -> Path:
        """The newest version as one file, checked against its sha256, resumed where the line breaks. It is counted.

        Waits while the server prepares a large table.

        Args:
            to: by default the name of the share with the format's ending, in the working folder.
            format: parquet, csv, geojson or fgb.
            replace: whether a file that is there may be overwritten.

        Raises:
            RefusedError: `client.file_there`, `client.file_unwritable`, or what the gate of the server refuses.
            InputError: `client.no_such_format`, `client.bytes_differ`.
        """
        if format not in FORMATS:
            raise InputError("client.no_such_format", format=format[:20], possible=", ".join(FORMATS))
        place = free_place(to or Path(f"{_share_of(self.delivery(delivery))}.{format}"), replace=replace)
        found = self._prepared(delivery, format)
        called = f"{number_of(delivery)}.{format}"
        # The address carries its own grant: no token goes with it.
        line = self._transport.with_token(None)
        try:
            return download(
                line,
                hostile.file_address(found.address),
                place,
                hostile.digest(found.sha256),
                size=found.bytes,
                step=step,
                called=called,
            )
        finally:
            line.close()

    def rows(
        self,
        delivery: str | Delivery,
        where: Mapping[str, Any] | None = None,
        columns: Sequence[str] = (),
        *,
        version: int | None = None,
        key: str | AccessKey | None = None,
        at_once: int = ROWS_AT_ONCE,
    ) -> Iterator[dict[str, Any]]:
        """Rows by request, page by page. Each page is counted.

        Args:
            where: conditions that must all hold: `{"city": "shanghai", "chargers.at_least": 10}`; see the row API.
            columns: only these.
            key: one with the scope `rows`; without, one of a day is made and revoked by `close`.
            at_once: rows in a page.
        """
        found = self.delivery(delivery)
        given = key.token if isinstance(key, AccessKey) else key
        line = self._transport.with_token(given or self._own_key(found.number).token)
        path = f"/delivery/rows/{_share_of(found)}"
        asked: dict[str, str] = {**query_of(where or {}), "limit": str(at_once)}
        asked |= {"columns": ",".join(columns)} if columns else {}
        asked |= {"version": str(version)} if version is not None else {}
        try:
            while True:
                page = line.json("GET", path, params=asked)
                items = page.get("items") if isinstance(page, Mapping) else None
                if not isinstance(items, list) or not all(isinstance(item, dict) for item in items):
                    raise UnavailableError("client.strange_answer", what="items")
                yield from items
                following = page.get("next")
                if not following or following == asked.get("cursor"):
                    return
                asked["cursor"] = str(following)
        finally:
            line.close()

    def _own_key(self, number: str) -> AccessKey:
        if number not in self._own_keys:
            self._own_keys[number] = self.new_key(number, ["rows"], days=1, label=_OWN_LABEL)
        return self._own_keys[number]

    def _prepared(self, delivery: str | Delivery, kind: str) -> DownloadPlace:
        """Where the file lies, when it has been made."""
        waited = 0.0
        while True:
            try:
                path = f"{API}{_path(delivery)}/downloads"
                return DownloadPlace.of(self._transport.json("POST", path, json={"format": kind}))
            except DataferryError as error:
                if error.code not in _IN_WORK or waited >= MOST_WAITING:
                    raise
                pause = min(max(getattr(error, "wait", None) or 5.0, 1.0), 60.0)
            self._sleep(pause)
            waited += pause


def _path(delivery: str | Delivery) -> str:
    return f"/deliveries/{path_part(number_of(delivery))}"


def _share_of(delivery: Delivery) -> str:
    """The name of the share, which becomes part of a path here and there."""
    return hostile.product_name(delivery.share)


def _is_token(text: str) -> bool:
    return 8 <= len(text) <= 500 and text.isascii() and text.isprintable() and " " not in text
