"""A file from a server: checked against its sha256, taken up again where a connection broke, never left half."""

from __future__ import annotations

import hashlib
import os
import re
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import IO, Any

from dataferry.client.transport import Transport
from dataferry.messages import DataferryError, InputError, RefusedError, UnavailableError

MOST_BREAKS = 6
Step = Callable[[int, int | None], None]
"""Told how many bytes are here, and how many there are in all where that is known."""

_RANGE = re.compile(r"bytes (\d+)-\d+/(\d+|\*)")


def download(
    transport: Transport,
    path: str,
    target: Path,
    sha256: str,
    *,
    size: int | None = None,
    most: int | None = None,
    step: Step | None = None,
    called: str | None = None,
) -> Path:
    """Fetch `path` of the server into `target`, which appears whole and right or not at all.

    Args:
        sha256: 64 hexadecimal digits that the bytes must have.
        size: how many bytes they are, where that is known; more are not taken.
        most: the most bytes that are taken, where `size` is not known.
        called: what errors call the file, where `path` itself is a secret.

    Raises:
        RefusedError: `client.file_unwritable`. InputError: `client.bytes_differ`, the bytes are not those of the
            digest; nothing is kept.
        UnavailableError: `client.broken_off`, the connection broke again and again. Others as `Transport.open`.
    """
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=target.parent, prefix=".part-")
        part = Path(name)
        try:
            with os.fdopen(handle, "w+b") as file:
                bound = size if size is not None else most
                _Fetch(transport, path, file, sha256, size, bound, step, called or path).run()
                file.flush()
                os.fsync(file.fileno())
            part.chmod(0o666 & ~_umask())
            part.replace(target)
        finally:
            part.unlink(missing_ok=True)
    except OSError as error:
        problem = error.strerror or type(error).__name__
        raise RefusedError("client.file_unwritable", file=str(target), problem=problem) from error
    return target


def _umask() -> int:
    """What the person keeps from others. It can only be read by setting it: for that instant nobody gets anything."""
    mask = os.umask(0o077)
    os.umask(mask)
    return mask


class _Fetch:
    """One file on its way."""

    def __init__(
        self,
        transport: Transport,
        path: str,
        file: IO[bytes],
        sha256: str,
        size: int | None,
        most: int | None,
        step: Step | None,
        called: str,
    ) -> None:
        self.called = called
        self.transport, self.path, self.file = transport, path, file
        self.sha256, self.size, self.most, self.step = sha256, size, most, step
        self.digest: Any = hashlib.sha256()
        self.have = 0
        self.whole: int | None = size

    def run(self) -> None:
        breaks = 0
        while True:
            before = self.have
            try:
                self._once()
            except DataferryError as error:
                breaks = 1 if self.have > before else breaks + 1
                if error.code != "client.broken_off" or breaks > MOST_BREAKS:
                    raise
                continue
            if self.whole is None or self.have >= self.whole:
                break
            # The server closed the line early without an error: the rest is asked for.
            breaks = 1 if self.have > before else breaks + 1
            if breaks > MOST_BREAKS:
                raise UnavailableError("client.broken_off", retry=True, server=self.transport.server)
        if self.digest.hexdigest() != self.sha256 or (self.size is not None and self.have != self.size):
            raise self._differs()

    def _once(self) -> None:
        headers = {"Accept": "*/*", "Accept-Encoding": "identity"}
        if self.have:
            headers |= {"Range": f"bytes={self.have}-", "If-Range": f'"{self.sha256}"'}
        with self.transport.open("GET", self.path, headers=headers) as response:
            match = _RANGE.fullmatch(response.headers.get("Content-Range", ""))
            if response.status_code != 206 or match is None or int(match[1]) != self.have:
                self._again()
            if self.whole is None:
                self.whole = _length(response, match, self.have)
            # As they come: a buffer of ours would be lost with the line.
            for piece in response.iter_raw():
                self._keep(piece)

    def _again(self) -> None:
        """The answer begins at the first byte."""
        self.file.seek(0)
        self.file.truncate()
        self.have, self.digest = 0, hashlib.sha256()

    def _keep(self, piece: bytes) -> None:
        if self.most is not None and self.have + len(piece) > self.most:
            raise self._differs()
        self.file.write(piece)
        self.digest.update(piece)
        self.have += len(piece)
        if self.step is not None:
            self.step(self.have, self.whole)

    def _differs(self) -> InputError:
        return InputError("client.bytes_differ", server=self.transport.server, path=self.called, sha256=self.sha256)


def _length(response: Any, match: re.Match[str] | None, have: int) -> int | None:
    if match is not None and match[2] != "*" and response.status_code == 206:
        return int(match[2])
    text = response.headers.get("Content-Length", "")
    return have + int(text) if text.isdigit() and "Content-Encoding" not in response.headers else None
