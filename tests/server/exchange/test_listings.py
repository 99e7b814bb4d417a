"""Promise: a product is listed only when it is registered, cleared, has a scenario and evidence that verifies; every
step is journalled, and the journal alone tells the state."""

from __future__ import annotations

from typing import Any

import pytest

from server.market import make_listing, make_merchant

pytestmark = pytest.mark.django_db


def test_from_the_register_to_the_list(registered: Any) -> None:
    from dataferry.server import journal

    supplier = make_merchant("hong-kong", "supplier")
    listing = make_listing(supplier, registered)
    assert listing.state == "listed"
    assert listing.registration.number != listing.number
    assert [each.version for each in listing.releases.all()] == [1]
    assert listing.certificates.get().revoked_at is None
    assert listing.registration.certificates.get().revoked_at is None
    assert journal.replay(journal.selected()).holds
