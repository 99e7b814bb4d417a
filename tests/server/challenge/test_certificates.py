"""Promise: a certificate that the site issued verifies with nothing but the site's keys and list; one that a later
revision takes away is revoked, and everybody who looks is told."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from django.test import Client

from server.challenge.result_house import ResultHouse

pytestmark = pytest.mark.django_db
PAGE = "/en/challenge/editions/harbour-2026/certificates/"
SITE = "https://ferry.example"


@pytest.fixture
def house(home: Any, clock: Any, settings: Any) -> ResultHouse:
    settings.ALLOWED_HOSTS = ["ferry.example", "testserver"]
    return ResultHouse(clock)


def ask(client: Client, address: str, **headers: str) -> Any:
    """What a program gets that asks for an address as a certificate names it."""
    assert address.startswith(SITE)
    return client.get(address.removeprefix(SITE), headers={"host": "ferry.example", **headers}, secure=True)


def test_from_the_sealed_final_to_a_verified_credential(house: ResultHouse, client: Client, tmp_path: Path) -> None:
    from pypdf import PdfReader

    from dataferry.cli.app import command_tree
    from dataferry.server.challenge.models import Certificate

    client.force_login(house.organiser)
    assert b"It is not sealed yet" in client.get(PAGE).content
    house.finished()
    for _twice in range(2):
        client.post(PAGE, headers={"host": "ferry.example"}, secure=True)
    # Five finalists and three awards: nobody gets one twice.
    assert Certificate.objects.count() == 8
    row = Certificate.objects.exclude(award=None).order_by("serial")[0]

    client.logout()
    as_program = ask(client, row.credential["id"], accept="application/vc")
    assert json.loads(as_program.content) == row.credential
    as_person = ask(client, row.credential["id"], accept="text/html")
    assert as_person.status_code == 302
    assert as_person["Location"].endswith(f"/challenge/certificates/{row.serial}/verify/")
    page = client.get(f"/en/challenge/certificates/{row.serial}/verify/")
    assert b"signed by this site, unchanged, not revoked" in page.content

    files = {
        "credential": ask(client, row.credential["id"], accept="application/vc"),
        "keys": ask(client, row.credential["issuer"]["id"]),
        "list": ask(client, row.credential["credentialStatus"]["statusListCredential"]),
    }
    for name, answer in files.items():
        assert answer.status_code == 200, name
        (tmp_path / f"{name}.json").write_bytes(answer.content)
    command = ["credential", "verify", f"{tmp_path}/credential.json", "--key", f"{tmp_path}/keys.json"]
    command += ["--status-list", f"{tmp_path}/list.json", "--json", "--at", house.clock.at.isoformat()]
    verified = CliRunner().invoke(command_tree(), command)
    assert verified.exit_code == 0, verified.output
    assert json.loads(verified.stdout)["holds"] is True
    changed = {**row.credential, "credentialSubject": {**row.credential["credentialSubject"], "team": "Another"}}
    (tmp_path / "credential.json").write_text(json.dumps(changed))
    assert CliRunner().invoke(command_tree(), command).exit_code == 3

    for tag in ("en", "zh-Hant", "zh-Hans"):
        answer = client.get(f"/en/challenge/certificates/{row.serial}/{tag}.pdf")
        assert answer["Content-Type"] == "application/pdf"
        (tmp_path / "paper.pdf").write_bytes(answer.content)
        text = "".join(PdfReader(tmp_path / "paper.pdf").pages[0].extract_text().split())
        assert row.serial in text
        assert answer.content == client.get(f"/zh-hans/challenge/certificates/{row.serial}/{tag}.pdf").content
    assert client.get(f"/en/challenge/certificates/{row.serial}/fr.pdf").status_code == 404
    assert client.get("/en/challenge/certificates/harbour-2026-9999/verify/").status_code == 404
    client.force_login(house.leader(row.entry))
    mine = client.get(f"/en/challenge/mine/teams/{row.entry.team_id}/certificates/").content.decode()
    assert row.serial in mine


def test_what_a_later_revision_takes_away_is_revoked(house: ResultHouse, client: Client, tmp_path: Path) -> None:
    from dataferry.server.challenge.actions import certificates
    from dataferry.server.challenge.models import Award, Certificate
    from dataferry.server.papers import credentials

    published = house.finished()
    certificates.issue_certificates(house.organiser, house.edition, SITE)
    held = Certificate.objects.get(award__code="grand")
    other = next(each for each in house.entries["sh"][:2] if each.pk != held.entry_id)
    # As a correction of the final would leave it.
    Award.objects.filter(result=published, code="grand").update(entry=other)
    issued = certificates.issue_certificates(house.organiser, house.edition, SITE)
    assert [each.entry for each in issued] == [other]
    held.refresh_from_db()
    assert held.revoked_at is not None
    page = client.get(f"/en/challenge/certificates/{held.serial}/verify/").content
    assert b"Revoked" in page
    assert b"signed by this site, unchanged, not revoked" not in page
    from dataferry.server import journal

    listed = json.loads(ask(client, held.credential["credentialStatus"]["statusListCredential"]).content)
    findings = credentials.verify(held.credential, journal.trusted_keys(), [listed], at=house.clock.at)
    assert [each.code for each in findings if each.severity == "blocked"] == ["server.papers.revoked"]
    assert issued[0].serial not in {held.serial}
    assert client.get("/challenge/no-such-edition/status-list").status_code == 404
