"""Promise: nothing leaves without a key, an entitlement, an agreement in force, a listing, a region and a border."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from dataferry.messages import DataferryError
from dataferry.server import journal
from dataferry.server.delivery import gate
from dataferry.server.delivery.actions import keys
from dataferry.server.delivery.actions.entitlements import grant
from dataferry.server.delivery.models import AccessKey, DeliveryNotice, Entitlement
from dataferry.server.journal import clock
from server.delivery.house import bearer, deliver

pytestmark = pytest.mark.django_db


def refused(holder: Any, door: gate.Door = gate.Door.ROWS, **more: Any) -> tuple[int, str]:
    with pytest.raises(DataferryError) as caught:
        gate.admit(holder, door, **more)
    return caught.value.http_status, caught.value.code.removeprefix("server.delivery.")


def test_an_agreement_in_force_is_an_entitlement_once(registered: Any) -> None:
    sale = deliver(registered)
    assert sale.entitlement.state == "granted"
    assert grant(sale.agreement) == sale.entitlement
    assert Entitlement.objects.count() == 1
    assert DeliveryNotice.objects.filter(entitlement=sale.entitlement, kind="granted").count() == 1
    assert journal.replay(journal.selected()).holds


def test_keys_open_their_doors_and_no_others(registered: Any) -> None:
    sale = deliver(registered)
    key, token = sale.key("rows")
    assert token not in str(AccessKey.objects.values().get(pk=key.pk))
    assert gate.admit(token, gate.Door.ROWS).entitlement == sale.entitlement
    assert refused(token, gate.Door.SHARE) == (403, "scope_missing")
    assert refused(token, share="another") == (404, "no_such_share")
    assert refused("") == (401, "key_missing")
    assert refused("dfs_" + "x" * 43) == (401, "key_unknown")
    assert refused("x" * 100_000) == (401, "key_unknown")
    with clock.standing_at(clock.now() + timedelta(days=31)):
        assert refused(token) == (401, "key_expired")
    keys.revoke_key(sale.buyer.manager, key)
    assert refused(token) == (401, "key_revoked")
    assert Client().get(f"/delivery/rows/{sale.entitlement.share}", **bearer(token)).status_code == 401
