"""Promise: a specification sheet has every field in three languages, and is made only while all its evidence verifies."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import pytest

from dataferry.messages import RefusedError
from server.market import make_listing, make_merchant

pytestmark = pytest.mark.django_db


@pytest.fixture
def listing(registered: Any) -> Any:
    return make_listing(make_merchant("hong-kong", "supplier"), registered)


def test_every_block_in_three_languages(listing: Any) -> None:
    from pypdf import PdfReader

    from dataferry.server.exchange.actions.sheets import make_sheet
    from dataferry.server.exchange.sheet import paper, sections_of

    sheet = make_sheet(listing)
    assert make_sheet(listing).pk == sheet.pk, "the same sheet is no new edition"
    names = [each.name for each in sections_of(sheet.document, "en")]
    assert names == [
        "basic",
        "physical",
        "outputs",
        "conditions",
        "scenarios",
        "delivery",
        "source",
        "qualification",
        "evidence",
        "prices",
    ]
    for language in ("en", "zh-Hant", "zh-Hans"):
        body = paper(sheet, language)  # type: ignore[arg-type]
        assert body == paper(sheet, language), "the same bytes each time"  # type: ignore[arg-type]
        text = "".join("".join(page.extract_text() for page in PdfReader(io.BytesIO(body)).pages).split())
        for piece in (listing.number, listing.registration.number, "chargers_per_km2", sheet.digest):
            assert piece in text, (language, piece)
    assert "兩城充電站" in text or "两城充电站" in text


def test_a_tampered_file_refuses_the_sheet(listing: Any, home: Path) -> None:
    from dataferry.server.exchange.actions.sheets import make_sheet

    (home / listing.release.folder / "data.csv").write_text("city\nelsewhere\n", encoding="utf-8")
    with pytest.raises(RefusedError) as refused:
        make_sheet(listing)
    assert (refused.value.code, refused.value.data["pieces"]) == ("server.exchange.evidence_broken", "release")
