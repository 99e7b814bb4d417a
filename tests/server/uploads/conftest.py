"""Shared by the tests of uploads: a purpose, a sender, and a client that speaks tus."""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from django.test import Client

from dataferry.server import uploads
from dataferry.server.uploads import purposes
from server.persons import make_person

PURPOSE = "tests.parcel"
MEBIBYTE = 1024 * 1024


@pytest.fixture(autouse=True)
def parcels() -> Iterator[None]:
    """Files may be uploaded as parcels, by members."""
    uploads.register_purpose(PURPOSE, most_bytes=64 * MEBIBYTE, permission="people.use_tokens")
    yield
    del purposes._purposes[PURPOSE]


def packed(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def metadata(**texts: str) -> str:
    return ",".join(f"{key} {packed(value)}" for key, value in texts.items())


@dataclass
class Tus:
    """A client of the protocol, as one person."""

    client: Client
    common: dict[str, str] = field(default_factory=lambda: {"Tus-Resumable": "1.0.0"})

    def begin(self, length: Any, name: str = "film.mp4", **headers: str) -> Any:
        told = {"Upload-Length": str(length), "Upload-Metadata": metadata(purpose=PURPOSE, filename=name)}
        return self.client.post("/uploads/", headers={**self.common, **told, **headers})

    def begun(self, length: int, name: str = "film.mp4") -> str:
        answer = self.begin(length, name)
        assert answer.status_code == 201, answer.content
        return str(answer["Location"])

    def send(self, address: str, offset: Any, data: bytes, **headers: str) -> Any:
        kind = {"Content-Type": "application/offset+octet-stream"}
        headers = {**self.common, **kind, "Upload-Offset": str(offset), **headers}
        return self.client.patch(address, data, content_type="application/offset+octet-stream", headers=headers)

    def offset(self, address: str) -> int:
        answer = self.client.head(address, headers=self.common)
        assert answer.status_code == 200, answer
        return int(answer["Upload-Offset"])

    def head(self, address: str) -> Any:
        return self.client.head(address, headers=self.common)

    def drop(self, address: str) -> Any:
        return self.client.delete(address, headers=self.common)


@pytest.fixture
def sender(db: None, home: Any, settings: Any) -> Any:
    settings.DISK_RESERVE = 0
    return make_person("sender@example.org")


@pytest.fixture
def tus_of() -> Callable[[Any], Tus]:
    def signed_in(person: Any) -> Tus:
        client = Client()
        client.force_login(person)
        return Tus(client)

    return signed_in


@pytest.fixture
def tus(sender: Any, tus_of: Callable[[Any], Tus]) -> Tus:
    return tus_of(sender)
