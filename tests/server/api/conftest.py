"""One house with things of each kind in it, and callers of every standing."""

from __future__ import annotations

import io
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from server.persons import make_person

STOPS = "stop,名稱,district,lines\nA1,中環,Central,3\nB2,灣仔,Wan Chai,2\nC3,北角,Eastern,2\nD4,西環,Central,1\n"


@dataclass(frozen=True)
class House:
    """What there is: Ann's private dataset, draft, build and release; a public dataset of the data holder."""

    people: dict[str, Any]
    tokens: dict[str, str]
    values: dict[str, Any]

    def client(self, who: str) -> Client:
        headers = {"authorization": f"Bearer {self.tokens[who]}"} if who in self.tokens else {}
        return Client(raise_request_exception=False, headers=headers)


def work_off() -> None:
    """Do all open jobs, as a worker would."""
    from dataferry.server import jobs

    while job := jobs.Job.objects.filter(state="queued").order_by("pk").first():
        jobs.run(job.pk)


def token_of(person: Any, *scopes: str) -> tuple[Any, str]:
    from dataferry.server.people.actions import issue_token

    return issue_token(person, "test", scopes or ("read", "write", "publish"), 30)


def _upload(person: Any, name: str, content: bytes) -> Any:
    from dataferry.server.catalogue.actions import receive_upload

    about = {"title": {"en": name.title()}, "city": "hong-kong", "licence": "CC-BY-4.0"}
    upload = receive_upload(person, None, io.BytesIO(content), f"{name}.csv", metadata=about)
    work_off()
    upload.refresh_from_db()
    return upload


@pytest.fixture
def house(db: None, settings: Any, home: Path) -> House:
    """People, their tokens, and what they made."""
    from django.utils import timezone

    from dataferry.server.catalogue.actions import publish_dataset
    from dataferry.server.workshop.actions import open_draft, request_build, share_draft

    settings.STORE = str(home / "snapshots")
    roles = {"owner": (), "second": (), "holder": ("data-holder",), "administrator": ("administrator",)}
    people = {name: make_person(f"{name}@example.org", *held) for name, held in roles.items()}
    tokens = {name: token_of(person)[1] for name, person in people.items()}
    tokens["reader"] = token_of(people["owner"], "read")[1]
    gone, tokens["expired"] = token_of(people["owner"])
    type(gone).objects.filter(pk=gone.pk).update(expires_at=timezone.now())
    tokens["wrong"] = "dfy_" + "x" * 43

    mine = _upload(people["owner"], "stops", STOPS.encode("big5"))
    public = _upload(people["holder"], "museums", b"name,kind\nA,museum\nB,library\n")
    publish_dataset(people["holder"], public.dataset)
    draft = open_draft(people["owner"], [mine.snapshot], "my-stops", "My stops")
    share = share_draft(people["owner"], draft, "administrator@example.org")
    build = request_build(people["owner"], draft)
    work_off()
    build.refresh_from_db()
    extra, _secret = token_of(people["owner"])
    values = {
        "slug": mine.dataset.slug,
        "draft": draft.slug,
        "sha256": mine.snapshot.sha256,
        "number": mine.pk,
        "upload": mine,
        "share": share.pk,
        "build": build.pk,
        "job": build.job_id,
        "name": "my-stops",
        "version": build.release.version,
        "token": extra.pk,
        "public": public.dataset.slug,
        "public_sha256": public.snapshot.sha256,
        "revision": draft.revision,
        "dataset_revision": mine.dataset.revision,
        "manifest": draft.manifest,
        "recipe": draft.recipe,
    }
    return House(people, tokens, values)
