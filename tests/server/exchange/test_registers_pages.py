"""Promise: from a release to a listed product by pages alone; everybody reads register, list, sheet and certificate in
three languages; what is not theirs to see is missing."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from server.market import make_clearance, make_listing, make_merchant
from server.persons import make_person

pytestmark = pytest.mark.django_db
SITE = "https://ferry.example"


def client_of(person: Any) -> Client:
    client = Client()
    client.force_login(person)
    return client


def test_from_a_release_to_the_list_by_pages(registered: Any) -> None:
    from dataferry.server.exchange.models import Listing, Registration
    from dataferry.server.journal import clock

    party, operator = make_merchant("hong-kong", "supplier"), make_person("", "exchange-operator", city="hong-kong")
    supplier, desk, stranger = client_of(party.manager), client_of(operator), client_of(make_person())
    new = "/en/exchange/registrations/new/"
    assert b"You act for none" in stranger.get(new).content
    assert b"Begin" in supplier.get(new).content
    given = {
        "supplier": party.merchant.pk,
        "release": registered.pk,
        "source_kind": "public",
        "rights": ["holding", "use"],
        "basis_en": "Open data of both cities.",
    }
    assert supplier.post(new, {**given, "rights": []}).status_code == 422
    assert supplier.post(new, given).status_code == 302
    row = Registration.objects.get()
    page = f"/en/exchange/registrations/{row.number}/"
    assert stranger.get(page).status_code == 404, "a draft is its supplier's own"
    assert supplier.get(f"{page}edit/").status_code == 200
    assert supplier.post(page, {"do": "submit"}).status_code == 302
    assert row.number.encode() in desk.get("/en/exchange/desk/").content
    desk.post(page, {"do": "notice"})
    row.refresh_from_db()
    assert row.state == "notice"
    assert stranger.get(page).status_code == 200
    assert b"On public notice" in Client().get("/en/exchange/notices/").content + Client().get(page).content
    stranger.post(f"{page}object/", {"grounds": "ownership", "statement": "It is ours: we measured it."})
    row.refresh_from_db()
    assert row.state == "objected"
    assert b"we measured it" in supplier.get(page).content
    assert b"we measured it" not in Client().get(page).content
    objection = row.objections.get()
    desk.post(page, {"do": "dismissed", "number": objection.number, "reason": "No measurement was shown."})
    make_clearance(registered, party.merchant)
    with clock.standing_at(row.notice_until):
        desk.post(page, {"do": "certify"})
        row.refresh_from_db()
        assert row.state == "certified"
        supplier.post(f"/en/exchange/listings/new/{row.number}/")
        listing = Listing.objects.get()
        edit, shown = f"/en/exchange/listings/{listing.number}/edit/", f"/en/exchange/listings/{listing.number}/"
        assert stranger.get(shown).status_code == 404
        written = supplier.get(edit).context["forms"]["save"].initial
        assert written["title_hans"] == "两城充电站", "what the release says is filled in"
        fields = {name: value for name, value in written.items() if value is not None}
        saved = supplier.post(edit, {**fields, "do": "save", "purpose_en": "Planning of charging places."})
        assert saved.status_code == 302, saved.context["forms"]["save"].errors
        stale = supplier.post(edit, {**fields, "do": "save", "purpose_en": "Something else."})
        assert stale.status_code == 422
        assert b"Somebody saved listing" in stale.content
        supplier.post(edit, {"do": "submit"})
        listing.refresh_from_db()
        assert listing.state == "draft", "no scenario, no trade"
        supplier.post(
            edit, {"do": "scenario", "code": "siting", "title_en": "Where to build", "purposes": ["research"]}
        )
        supplier.post(edit, {"do": "sign"})
        supplier.post(edit, {"do": "submit"})
        assert listing.number.encode() in desk.get("/en/exchange/desk/").content
        assert desk.post(shown, {"do": "list"}).status_code == 302
        listing.refresh_from_db()
        assert listing.state == "listed", [str(each) for each in desk.get(shown).context["messages"]]
        assert listing.number.encode() in Client().get("/en/exchange/?q=充電&level=S1").content
        assert b"No product answers" in Client().get("/en/exchange/?q=aeroplane").content
        for language in ("en", "zh-hant", "zh-hans"):
            for address in (
                "",
                "registrations/",
                "notices/",
                f"listings/{listing.number}/",
                f"registrations/{row.number}/",
            ):
                assert Client().get(f"/{language}/exchange/{address}").status_code == 200
            assert Client().get(f"/{language}/exchange/listings/{listing.number}/sheet/").status_code == 200
        assert Client().get(f"/exchange/listings/{listing.number}").status_code == 302
        mine = supplier.get("/en/exchange/mine/").content
        assert listing.number.encode() in mine
        assert row.number.encode() in mine


def test_certificates_are_verified_by_strangers(registered: Any, settings: Any, client: Client, tmp_path: Path) -> None:
    from dataferry.cli.app import command_tree
    from dataferry.server.exchange.actions import listings
    from dataferry.server.journal import clock

    settings.SITE, settings.ALLOWED_HOSTS = SITE, ["ferry.example", "testserver"]
    party = make_merchant("hong-kong", "supplier")
    listing = make_listing(party, registered)
    row = listing.certificates.get()

    def ask(address: str) -> Any:
        assert address.startswith(SITE)
        headers = {"host": "ferry.example", "accept": "application/vc"}
        return client.get(address.removeprefix(SITE), headers=headers, secure=True)

    def files() -> list[str]:
        revoked, suspended = (each["statusListCredential"] for each in row.credential["credentialStatus"])
        kept = {"vc": row.credential["id"], "keys": f"{SITE}/issuer.json", "list": revoked, "pauses": suspended}
        for name, address in kept.items():
            (tmp_path / f"{name}.json").write_bytes(ask(address).content)
        command = ["credential", "verify", f"{tmp_path}/vc.json", "--key", f"{tmp_path}/keys.json"]
        command += ["--status-list", f"{tmp_path}/list.json", "--status-list", f"{tmp_path}/pauses.json"]
        return [*command, "--at", clock.now().isoformat()]

    verified = CliRunner().invoke(command_tree(), files())
    assert verified.exit_code == 0, verified.output
    page = f"/en/exchange/certificates/{row.serial}/verify/"
    assert b"signed by this site, unchanged, not revoked" in client.get(page).content
    for tag in ("en", "zh-Hant", "zh-Hans"):
        assert client.get(f"/en/exchange/certificates/{row.serial}/{tag}.pdf").content.startswith(b"%PDF-")
    forged = json.loads((tmp_path / "vc.json").read_text())
    forged["credentialSubject"]["level"] = "S4"
    command = files()
    (tmp_path / "vc.json").write_text(json.dumps(forged))
    assert CliRunner().invoke(command_tree(), command).exit_code == 3
    operator = make_person("", "exchange-operator")
    listings.suspend(operator, listing, "A complaint.")
    paused = CliRunner().invoke(command_tree(), [*files(), "--json"])
    assert [each["code"] for each in json.loads(paused.output)["findings"]] == ["server.papers.suspended"]
    assert paused.exit_code == 3
    assert b"Suspended for now" in client.get(page).content
    assert b"its file alone does not tell" not in client.get(page).content
    listings.resume(operator, listing)
    assert CliRunner().invoke(command_tree(), files()).exit_code == 0, "valid again with the listing"
    assert b"signed by this site, unchanged, not revoked" in client.get(page).content
    listings.suspend(operator, listing, "Another complaint.")
    listings.delist(party.manager, listing, "Our source was withdrawn.")
    gone = CliRunner().invoke(command_tree(), [*files(), "--json"])
    assert [each["code"] for each in json.loads(gone.output)["findings"]] == ["server.papers.revoked"]
    assert CliRunner().invoke(command_tree(), files()).exit_code == 3, "revoked with the listing"
    assert b"Revoked" in client.get(page).content
    assert client.get("/en/exchange/certificates/CERT-2026-9999/verify/").status_code == 404


def test_a_certificate_of_before_tells_suspension_on_its_page(
    registered: Any, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    from dataferry.server.exchange.actions import certificates, listings
    from dataferry.server.papers import credentials

    def only_revocation(_kind: str, site: str, index: int) -> dict[str, Any]:
        return credentials.status_entry(f"{site}/exchange/status-list", index)

    monkeypatch.setattr(certificates, "_entries", only_revocation)
    listing = make_listing(make_merchant("hong-kong", "supplier"), registered)
    page = f"/en/exchange/certificates/{listing.certificates.get().serial}/verify/"
    assert b"signed by this site, unchanged, not revoked" in client.get(page).content
    listings.suspend(make_person("", "exchange-operator"), listing, "A complaint.")
    told = client.get(page).content
    assert b"Suspended for now" in told
    assert b"its file alone does not tell" in told


def test_the_registers_over_the_api(registered: Any, client: Client) -> None:
    supplier = make_merchant("hong-kong", "supplier")
    listing, draft = make_listing(supplier, registered), make_listing(supplier, registered, listed=False)
    found = client.get("/api/v1/listings", {"q": "充电", "city": "shanghai"}).json()
    assert [each["number"] for each in found["items"]] == [listing.number]
    assert client.get("/api/v1/listings", {"level": "S4"}).json()["items"] == []
    one = client.get(f"/api/v1/listings/{listing.number}").json()
    assert (one["registration"], one["clearance"]) == (listing.registration.number, listing.clearance.number)
    assert [each["version"] for each in one["releases"]] == [1]
    assert client.get(f"/api/v1/registrations/{listing.registration.number}").json()["state"] == "certified"
    for odd in ("?city=%00", "?after=x", "?q=%00%27&level=S1%27--", "?board=" + "b" * 5000, "?price=free"):
        assert client.get(f"/en/exchange/{odd}").status_code == 200, odd
    with CaptureQueriesContext(connection) as one_product:
        client.get("/en/exchange/")
    more = [make_listing(supplier, registered) for _ in range(2)]
    with CaptureQueriesContext(connection) as three_products:
        assert more[-1].number.encode() in client.get("/en/exchange/").content
    assert len(three_products) == len(one_product), "the list costs the same however long it is"
    for address in (f"listings/{draft.number}", "listings/L-1999-0001", "registrations/%00", "registrations/x"):
        assert client.get(f"/api/v1/{address}").status_code in (404, 422)
