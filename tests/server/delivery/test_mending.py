"""Promise: a file that is lost or damaged is not handed out, is made again from the release, and the buyer is told."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pyarrow.parquet as pq
import pytest
from django.test import Client
from django.utils import timezone

from dataferry.messages import RefusedError
from dataferry.server import jobs
from dataferry.server.delivery import cutting, exports, gate, keeping, serving, vault
from dataferry.server.delivery.actions.preparing import ask_for_what_is_missing
from dataferry.server.delivery.mending import mend
from dataferry.server.delivery.models import Remade, ServedChange, ServedExport, ServedTable
from dataferry.server.workshop.data import data_path
from server.delivery.house import Delivered, bearer, body_of, deliver
from server.delivery.sharing_house import Bought, make_bought, make_folders

pytestmark = pytest.mark.django_db


def lose(file: Any) -> None:
    vault.path_of(file["sha256"]).unlink()


def flip(file: Any) -> None:
    """One bit of the last byte; the length stays."""
    path = vault.path_of(file["sha256"])
    body = path.read_bytes()
    path.chmod(0o640)
    path.write_bytes(body[:-1] + bytes([body[-1] ^ 1]))


def halve(file: Any) -> None:
    """As a disk leaves it that was full, or a machine that lost its power."""
    path = vault.path_of(file["sha256"])
    path.chmod(0o640)
    path.write_bytes(path.read_bytes()[: file["bytes"] // 2])


@pytest.fixture
def sale(registered: Any) -> Delivered:
    return deliver(registered)


class Buyer:
    """Downloads, and follows where it is sent."""

    def __init__(self, sale: Delivered) -> None:
        self.path, self.bearer = f"/delivery/download/{sale.entitlement.share}", bearer(sale.key("files")[1])

    def ask(self, kind: str) -> Any:
        return Client().get(f"{self.path}.{kind}", **self.bearer)

    def address(self, kind: str) -> str:
        answer = self.ask(kind)
        assert answer.status_code == 302, answer.content
        return str(answer["Location"])


def told(answer: Any) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"].removeprefix("server.delivery.")


def page(sale: Delivered) -> str:
    """What the buyer sees."""
    browser = Client()
    browser.force_login(sale.buyer.manager)
    return browser.get(f"/en/delivery/{sale.entitlement.number}/").content.decode()


def worked() -> list[str]:
    """Do the jobs that make files again; how they ended."""
    ended = []
    for job in jobs.Job.objects.filter(kind=keeping.JOB, state="queued"):
        jobs.Job.objects.filter(pk=job.pk).update(not_before=timezone.now() - timedelta(seconds=1))
        ended.append(jobs.run(job.pk))
    return ended


@pytest.mark.parametrize("harm", [lose, flip, halve])
@pytest.mark.parametrize("kind", ["csv", "parquet"])
def test_an_address_of_a_lost_file_says_come_again_and_then_answers(
    sale: Delivered, kind: str, harm: Callable[[Any], None]
) -> None:
    here = Buyer(sale).address(kind)
    body = body_of(Client().get(here))
    harm(ServedExport.objects.get().file)
    for _ in range(3):
        answer = Client().get(here)
        assert told(answer) == (503, "being_made_again")
        assert int(answer["Retry-After"]) > 0
    assert jobs.Job.objects.filter(kind=keeping.JOB).count() == 1
    assert "is being made again" in page(sale)
    assert worked() == ["done"]
    assert "is being made again" not in page(sale)
    assert body_of(Client().get(here)) == body
    assert not Remade.objects.exists(), "the same input gives the same bytes"


def test_a_large_file_is_made_again_by_a_job_and_a_small_one_at_once(
    sale: Delivered, monkeypatch: pytest.MonkeyPatch
) -> None:
    buyer = Buyer(sale)
    before = body_of(Client().get(buyer.address("geojson")))
    lose(ServedExport.objects.get().file)
    assert body_of(Client().get(buyer.address("geojson"))) == before
    lose(ServedExport.objects.get().file)
    monkeypatch.setattr(exports, "AT_ONCE_BYTES", 0)
    assert told(buyer.ask("geojson")) == (503, "being_made_again")
    assert worked() == ["done"]
    assert body_of(Client().get(buyer.address("geojson"))) == before
    # The table it is made of is lost, too.
    lose(ServedExport.objects.get().file)
    lose(ServedTable.objects.get().files[0])
    monkeypatch.setattr(serving, "AT_ONCE_BYTES", 0)
    assert told(buyer.ask("geojson")) == (503, "being_made_again")
    assert ask_for_what_is_missing() == 1
    assert worked() == ["done"]
    assert told(buyer.ask("geojson")) == (503, "being_made_again")
    assert worked() == ["done"]
    assert body_of(Client().get(buyer.address("geojson"))) == before


def test_a_library_that_writes_other_bytes_gives_the_same_rows(
    sale: Delivered, monkeypatch: pytest.MonkeyPatch
) -> None:
    buyer = Buyer(sale)
    old = buyer.address("parquet")
    before = pq.read_table(io.BytesIO(body_of(Client().get(old))))
    served = ServedTable.objects.get()
    lose(served.files[0])
    usual = pq.ParquetWriter

    def writer(*args: Any, **more: Any) -> pq.ParquetWriter:
        return usual(*args, **{**more, "compression": "gzip"})

    monkeypatch.setattr(cutting.pq, "ParquetWriter", writer)
    new = buyer.address("parquet")
    assert new != old
    assert pq.read_table(io.BytesIO(body_of(Client().get(new)))).equals(before)
    assert told(Client().get(old)) == (403, "bad_signature"), "it was signed for other bytes"
    assert sorted(Remade.objects.values_list("kind", flat=True)) == ["export", "table"]
    assert ServedTable.objects.get().files == served.files, "the row itself is final"
    monkeypatch.setattr(cutting.pq, "ParquetWriter", usual)
    # The file of the backup is the one that the row names: it counts again.
    cut = gate.admit(sale.entitlement, gate.Door.FILES).cut
    cutting.cut_file(data_path(served.release), cut, serving.key_of(served.release))
    assert pq.read_table(io.BytesIO(body_of(Client().get(old)))).equals(before)


def test_what_cannot_be_made_again_is_refused_and_not_asked_for_for_ever(sale: Delivered) -> None:
    buyer = Buyer(sale)
    here = buyer.address("parquet")
    lose(ServedExport.objects.get().file)
    assert told(Client().get(here)) == (503, "being_made_again")
    source = data_path(sale.agreement.release)
    source.chmod(0o640)
    source.write_bytes(source.read_bytes()[:-1] + b"x")
    for _ in range(2):
        worked()
    job = jobs.Job.objects.get(kind=keeping.JOB)
    assert (job.state, job.error["code"]) == ("failed", "server.delivery.file_damaged")
    assert told(Client().get(here)) == (403, "file_damaged"), "a client that is told 503 comes again and again"
    assert told(buyer.ask("parquet")) == (403, "file_damaged")
    assert mend(ServedTable.objects.get()) == (2, False)
    jobs.Job.objects.filter(pk=job.pk).update(finished_at=timezone.now() - keeping.GIVEN_UP_FOR)
    assert told(Client().get(here)) == (503, "being_made_again")


@pytest.fixture
def bought(home: Path, tmp_path: Path) -> Bought:
    return make_bought(make_folders(tmp_path / "built"))


@pytest.mark.parametrize("harm", [lose, flip, halve])
def test_files_of_a_share_come_back(bought: Bought, harm: Callable[[Any], None]) -> None:
    ask = Client(headers=bought.bearer)

    def body(line: str) -> bytes:
        (file,) = json.loads(line).values()
        url = urlsplit(file["url"])
        return body_of(Client().get(f"{url.path}?{url.query}"))

    def query() -> Any:
        return ask.post(f"{bought.address}/query", "{}", content_type="application/json")

    def changes() -> Any:
        return ask.get(f"{bought.address}/changes", {"startingVersion": "1"})

    answers = [query().content.splitlines()[-1], changes().content.splitlines()[-1]]
    bodies = [body(line) for line in answers]
    for holder in (*ServedTable.objects.all(), ServedChange.objects.get()):
        harm(*holder.files)
    for place, door in enumerate((query, changes)):
        url = urlsplit(next(iter(json.loads(answers[place]).values()))["url"])
        if harm is flip:
            # What is as long as it was is seen only by reading it; then it is put aside.
            assert told(Client().get(f"{url.path}?{url.query}")) == (503, "being_made_again")
        answer = door()
        while answer.status_code == 503:
            # The older table, which changes are compared with, is seen to be damaged only now: clients come again.
            answer = door()
        assert body(answer.content.splitlines()[-1]) == bodies[place]
        assert body_of(Client().get(f"{url.path}?{url.query}")) == bodies[place]


def test_the_operator_s_check_reads_everything_and_mends_it(bought: Bought) -> None:
    admission = gate.admit(bought.entitlement, gate.Door.SHARE)
    served = serving.served_table(admission.release, admission.cut)
    made = exports.export(served, "csv")
    assert mend(served) == (2, True)
    flip(made.file)
    flip(served.files[0])
    assert mend(served) == (2, True)
    assert vault.is_sound(made.file)
    assert len(list((vault.folder() / ".damaged").iterdir())) == 2, "what was damaged can be looked at"


def test_rows_that_are_not_as_many_are_no_replacement(sale: Delivered) -> None:
    served = serving.served_table(sale.agreement.release, gate.admit(sale.entitlement, gate.Door.ROWS).cut)
    with pytest.raises(RefusedError):
        keeping.made_again(served, [{**served.files[0], "rows": 1}])
