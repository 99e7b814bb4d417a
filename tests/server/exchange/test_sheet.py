"""Promise: a specification sheet has every field in three languages, and is made only while its evidence verifies."""

from __future__ import annotations

import hashlib
import io
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.db import connection

from dataferry.messages import RefusedError
from dataferry.server.exchange import reading
from server.market import make_listing, make_merchant

pytestmark = pytest.mark.django_db
BLOCKS = ["basic", "physical", "outputs", "conditions", "scenarios", "delivery", "source", "qualification", "evidence"]


@pytest.fixture
def listing(registered: Any) -> Any:
    return make_listing(make_merchant("hong-kong", "supplier"), registered)


def test_every_block_in_three_languages(listing: Any) -> None:
    from pypdf import PdfReader

    from dataferry.server.exchange.actions.sheets import make_sheet
    from dataferry.server.exchange.models import Plan
    from dataferry.server.exchange.sheet import paper, sections_of

    sheet = make_sheet(listing)
    assert make_sheet(listing).pk == sheet.pk, "the same sheet is no new edition"
    Plan.objects.create(listing=listing, code="year", kind="period", currency="HKD", amount=120_000, period_days=365)
    sheet = make_sheet(listing)
    assert sheet.edition == 2, "a price is part of the sheet"
    assert [each.name for each in sections_of(sheet.document, "en")] == [*BLOCKS, "prices"]
    for language, title in (("en", "Specificationsheet"), ("zh-Hant", "兩城充電站"), ("zh-Hans", "两城充电站")):
        body = paper(sheet, language)  # type: ignore[arg-type]
        assert body == paper(sheet, language), "the same bytes each time"  # type: ignore[arg-type]
        text = "".join("".join(page.extract_text() for page in PdfReader(io.BytesIO(body)).pages).split())
        for piece in (title, listing.number, listing.registration.number, "chargers_per_km2", sheet.digest, "1,200.00"):
            assert piece in text, (language, piece)


def _row(sql: str, *values: Any) -> Callable[[Any, Path], None]:
    """Change a row behind the back of the program, as somebody with the database's password would."""

    def change(listing: Any, _home: Path) -> None:
        with connection.cursor() as cursor:
            for table in ("exchange_undertaking", "compliance_clearance", "exchange_registrationversion"):
                on = "" if connection.vendor == "sqlite" else f" ON {table}"
                cursor.execute(f"DROP TRIGGER {table}_update_refused{on}")
            cursor.execute(sql, [*values, listing.pk] if sql.endswith("%s") else list(values))

    return change


def _file(listing: Any, home: Path) -> None:
    (home / listing.release.folder / "data.csv").write_text("city\nelsewhere\n", encoding="utf-8")


def _gone(listing: Any, home: Path) -> None:
    (home / listing.release.folder / "data.parquet").unlink()


def _details(listing: Any, _home: Path) -> None:
    type(listing).objects.filter(pk=listing.pk).update(details={**listing.details, "rules": {"en": "Anything goes."}})


def _paper(listing: Any, _home: Path) -> None:
    from dataferry.server.exchange.store import PAPERS

    paper = listing.papers.get()
    PAPERS.path_of(paper.place).write_bytes(b"%PDF-1.7 another valuation")


TAMPERED: dict[str, tuple[Callable[[Any, Path], None], str]] = {
    "a file of the release": (_file, "release"),
    "a file that is gone": (_gone, "release"),
    "what the supplier states": (_details, "undertaking"),
    "a paper": (_paper, "paper-valuation"),
    "the clearance": (_row("""UPDATE compliance_clearance SET document = '{"all": "fine"}'"""), "compliance"),
    "the register": (_row("""UPDATE exchange_registrationversion SET document = '{"all": "ours"}'"""), "registration"),
    "the undertaking": (_row("UPDATE exchange_undertaking SET digest = 'sha256:0'"), "quality, undertaking"),
}


@pytest.mark.parametrize("what", TAMPERED)
def test_whatever_is_tampered_with_refuses_the_sheet(
    registered: Any, home: Path, tmp_path: Path, what: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """At once, also where every file was read before: whoever writes leaves marks on the file."""
    from dataferry.server.exchange.actions import listings
    from dataferry.server.exchange.actions.sheets import make_sheet
    from dataferry.server.uploads import Taken
    from server.persons import make_person

    supplier, operator = make_merchant("hong-kong", "supplier"), make_person("", "exchange-operator")
    listing = make_listing(supplier, registered, operator, listed=False)
    file = tmp_path / "valuation.pdf"
    file.write_bytes(b"%PDF-1.7 valuation %%EOF")
    sha256 = hashlib.sha256(file.read_bytes()).hexdigest()
    listings.add_paper(supplier.manager, listing, "valuation", Taken(file, "valuation.pdf", 24, sha256))
    listings.sign_undertaking(supplier.manager, listing)
    listings.submit_listing(supplier.manager, listing)
    listing = listings.list_it(operator, listing)
    monkeypatch.setattr(reading, "SETTLED", 0)
    assert make_sheet(listing).document["papers"]["valuation"]["sha256"] == sha256
    tamper, pieces = TAMPERED[what]
    tamper(listing, home)
    with pytest.raises(RefusedError) as refused:
        make_sheet(type(listing).objects.get(pk=listing.pk))
    assert (refused.value.code, refused.value.data["pieces"]) == ("server.exchange.evidence_broken", pieces)


def test_visitors_do_not_make_the_house_hash_its_files_again(listing: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    from dataferry.server.exchange import evidence
    from dataferry.server.exchange.actions.sheets import make_sheet

    asked, hashed = [], reading._hashed

    def counted(file: Path, sha256: str) -> Any:
        asked.append(file)
        return hashed(file, sha256)

    monkeypatch.setattr(reading, "_hashed", counted)
    make_sheet(listing)
    files = len(asked)
    assert files == len(listing.release.document["files"])
    make_sheet(listing)
    assert len(asked) == 2 * files, "a file made just now is not relied on"
    monkeypatch.setattr(reading, "SETTLED", 0)
    for _visitor in range(3):
        make_sheet(listing)
    assert len(asked) == 3 * files
    assert evidence.require(listing)
    assert len(asked) == 4 * files, "what binds reads every byte"


def test_bytes_changed_beneath_the_file_system_are_found_within_the_bound(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "data.csv"
    file.write_bytes(b"city\nhere\n")
    sha256, marks = hashlib.sha256(file.read_bytes()).hexdigest(), file.stat()
    monkeypatch.setattr(reading, "SETTLED", 0)
    assert reading.lately(file, sha256)
    assert not reading.lately(file, "0" * 64), "what was asked before was another digest"
    other = tmp_path / "other.csv"
    other.write_bytes(b"city\nHERE\n")
    os.utime(other, ns=(marks.st_atime_ns, marks.st_mtime_ns))
    other.replace(file)
    assert not reading.lately(file, sha256), "size and time are the same, the inode tells"
    file.write_bytes(b"city\nhere\n")
    monkeypatch.setattr(reading, "_marks", lambda _found: (0, 0, 0, 0, 0))
    assert reading.lately(file, sha256)
    file.write_bytes(b"city\nHERE\n")
    assert reading.lately(file, sha256), "nothing tells"
    monkeypatch.setattr(reading, "AGAIN_AFTER", 0)
    assert not reading.lately(file, sha256)
    assert not reading.lately(tmp_path / "gone", sha256)


def test_only_what_is_listed_has_a_sheet(listing: Any, client: Any) -> None:
    from dataferry.server.exchange.actions import listings
    from server.persons import make_person

    page = f"/en/exchange/listings/{listing.number}/sheet/"
    assert client.get(page).status_code == 200
    assert client.get(f"{page}en.pdf").content.startswith(b"%PDF-")
    stated = client.get(f"/en/exchange/listings/{listing.number}/sheet.json").json()
    assert stated["digest"] == listing.sheets.get().digest
    listings.suspend(make_person("", "exchange-operator"), listing, "A complaint.")
    for address in (page, f"{page}zh-Hans.pdf", f"/en/exchange/listings/{listing.number}/sheet.json"):
        answer = client.get(address)
        assert answer.status_code == 409
        assert b"No specification sheet" in answer.content
