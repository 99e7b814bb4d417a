"""Promise: the pages of both registers are clean for assistive technology and fit a telephone."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from server.looking import looked_at, signed_in
from server.market import make_listing, make_merchant
from server.persons import make_person

__all__ = ["signed_in"]
pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.mark.parametrize("width", [1280, 360])
def test_pages_are_clean_and_fit(
    transactional_db: None, home: Path, release_folder: Path, signed_in: Any, width: int
) -> None:
    from dataferry.server.workshop.actions import register_release

    release = register_release(release_folder)
    supplier, operator = make_merchant("hong-kong", "supplier"), make_person("", "exchange-operator")
    listing = make_listing(supplier, release, operator)
    draft = make_listing(supplier, release, operator, listed=False)
    number, entry = listing.number, listing.registration.number
    page = signed_in(supplier.manager, width)
    for name, path in {
        "market": "en/exchange/",
        "product": f"en/exchange/listings/{number}/",
        "product-hant": f"zh-hant/exchange/listings/{number}/",
        "sheet": f"en/exchange/listings/{number}/sheet/",
        "register": "en/exchange/registrations/",
        "entry": f"en/exchange/registrations/{entry}/",
        "certificate": f"en/exchange/certificates/{listing.certificates.get().serial}/verify/",
        "mine": "en/exchange/mine/",
        "new": "en/exchange/registrations/new/",
        "write": f"en/exchange/listings/{draft.number}/edit/",
    }.items():
        page.goto(f"/{path}")
        looked_at(page, f"{name}-{width}")
    page = signed_in(operator, width)
    page.goto("/en/exchange/desk/")
    looked_at(page, f"desk-{width}")
