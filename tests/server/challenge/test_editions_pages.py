"""Pages of editions: everybody reads calendar, rules and amendments; organisers write, answer, announce with words."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from server.challenge.editions import Clock, edition_text, make_organiser
from server.persons import make_person

pytestmark = pytest.mark.django_db


@pytest.fixture
def organiser(home: Any, clock: Clock) -> Any:
    return make_organiser()


@pytest.fixture
def edition(organiser: Any) -> Any:
    from dataferry.server.challenge.actions import editions as actions

    return actions.announce(organiser, actions.create_edition(organiser, edition_text()))


@pytest.fixture
def draft(organiser: Any) -> Any:
    from dataferry.server.challenge.actions import editions as actions
    from dataferry.server.challenge.edition_file import text_from_preset

    return actions.create_edition(organiser, text_from_preset("hsodc-2024", "hsodc-2027"))


def signed_in(user: Any) -> Client:
    client = Client()
    client.force_login(user)
    return client


def test_everybody_reads_an_announced_edition(edition: Any, client: Client) -> None:
    page = client.get(reverse("edition", args=[edition.slug]))
    body = page.content.decode()
    assert page.status_code == 200
    assert 'datetime="2026-07-01T00:00:00+08:00"' in body
    assert "30 Jun 2026, 24:00" in body
    assert "Shanghai time" in body
    assert "Use of data" in body
    assert edition.digest in body
    listed = client.get(reverse("editions")).content.decode()
    assert reverse("edition", args=[edition.slug]) in listed
    assert "Registration ends" in listed


@pytest.mark.parametrize("language", ["en", "zh-hant", "zh-hans"])
def test_the_pages_speak_three_languages(edition: Any, client: Client, language: str) -> None:
    title = {"en": "Harbour Challenge 2026", "zh-hant": "海港挑戰賽", "zh-hans": "海港挑战赛"}[language]
    assert title in client.get(f"/{language}/challenge/editions/{edition.slug}/").content.decode()
    assert title in client.get(f"/{language}/challenge/").content.decode()


def test_what_is_not_known_is_said_and_marked(draft: Any, organiser: Any) -> None:
    body = signed_in(organiser).get(reverse("edition", args=[draft.slug])).content.decode()
    assert "not-known" in body
    assert "mark-inferred" in body
    assert "press release of 9 August 2024" in body
    assert "The criteria are not known" in body


def test_a_draft_is_not_there_for_others(draft: Any, client: Client) -> None:
    visitors = [client, signed_in(make_person()), signed_in(make_person("", "judge"))]
    for visitor in visitors:
        assert visitor.get(reverse("edition", args=[draft.slug])).status_code == 404
        assert draft.slug not in visitor.get(reverse("editions")).content.decode()


@pytest.mark.parametrize(
    "name", ["edition-setup", "edition-file", "edition-accept", "edition-announce", "edition-move"]
)
def test_set_up_is_for_organisers(edition: Any, client: Client, name: str) -> None:
    address = reverse(name, args=[edition.slug])
    method = "get" if name in ("edition-setup", "edition-file") else "post"
    assert getattr(client, method)(address).status_code == 302
    for role in ("judge", "administrator", ""):
        assert getattr(signed_in(make_person("", *[role] if role else [])), method)(address).status_code == 403


def test_an_edition_is_begun_from_a_preset(organiser: Any) -> None:
    from dataferry.server.challenge.models import Edition

    visitor, address = signed_in(organiser), reverse("edition-new")
    assert "hsodc-current" in visitor.get(address).content.decode()
    wrong = visitor.post(address, {"preset": "hsodc-2024", "slug": "Not A Name"})
    assert wrong.status_code == 422
    assert "error-summary" in wrong.content.decode()
    right = visitor.post(address, {"preset": "hsodc-2024", "slug": "hsodc-2027"})
    assert right.headers["Location"] == reverse("edition-setup", args=["hsodc-2027"])
    assert Edition.objects.get().file.preset == "hsodc-2024"
    assert visitor.post(address, {"preset": "hsodc-2024", "slug": "hsodc-2027"}).status_code == 409
    assert visitor.post(address, {"preset": "nothing", "slug": "other"}).status_code == 422


def test_set_up_says_what_is_still_to_fill_in(draft: Any, organiser: Any) -> None:
    body = signed_in(organiser).get(reverse("edition-setup", args=[draft.slug])).content.decode()
    assert "phases.submission.closes" in body
    assert "have to be filled in before the edition can be announced" in body
    assert "divisions.hong-kong.quota" in body


def test_the_file_is_checked_at_its_lines_and_saved(draft: Any, organiser: Any) -> None:
    visitor, address = signed_in(organiser), reverse("edition-file", args=[draft.slug])
    text = draft.versions.get().source
    wrong = text.replace("quota: 8", "quota: many")
    line = wrong[: wrong.index("quota: many")].count("\n") + 1
    told = visitor.post(address, {"act": "check", "edition-text": wrong, "version": 1}, headers={"HX-Request": "true"})
    assert f'data-line="{line}"' in told.content.decode()
    assert "<html" not in told.content.decode()
    refused = visitor.post(address, {"act": "save", "edition-text": wrong, "version": 1})
    assert refused.status_code == 422
    assert "quota: many" in refused.content.decode()
    saved = visitor.post(address, {"act": "save", "edition-text": text.replace("quota: 8", "quota: 9"), "version": 1})
    assert saved.status_code == 302
    draft.refresh_from_db()
    assert draft.divisions.get(code="hong-kong").quota == 9
    late = visitor.post(address, {"act": "save", "edition-text": text, "version": 1})
    assert late.status_code == 409
    assert "meanwhile" in late.content.decode()


def test_values_are_accepted_only_with_a_confirmation(draft: Any, organiser: Any) -> None:
    visitor, address = signed_in(organiser), reverse("edition-accept", args=[draft.slug])
    chosen = {"path": ["divisions.hong-kong.quota", "divisions.shanghai.quota"]}
    assert visitor.post(address, chosen).status_code == 422
    assert not draft.acceptances.exists()
    assert visitor.post(address, {"confirmed": "yes"}).status_code == 422
    assert visitor.post(address, {"path": ["no.such"], "confirmed": "yes"}).status_code == 422
    assert visitor.post(address, {**chosen, "confirmed": "yes"}).status_code == 302
    assert draft.acceptances.count() == 2


def test_announcing_asks_for_a_confirmation_and_says_what_lacks(draft: Any, organiser: Any) -> None:
    visitor, address = signed_in(organiser), reverse("edition-announce", args=[draft.slug])
    assert visitor.post(address).status_code == 422
    lacking = visitor.post(address, {"confirmed": "yes"})
    assert lacking.status_code == 403
    assert "phases.submission.opens must be filled in" in lacking.content.decode()


def test_an_amendment_has_a_public_page(edition: Any, organiser: Any, client: Client) -> None:
    visitor, address = signed_in(organiser), reverse("edition-file", args=[edition.slug])
    text = edition_text(changes={"quota: 2": "quota: 4"})
    without = visitor.post(address, {"act": "amend", "edition-text": text, "version": 1, "reason": " "})
    assert without.status_code == 422
    reason = "More entries <b>than</b> expected."
    done = visitor.post(address, {"act": "amend", "edition-text": text, "version": 1, "reason": reason})
    page = client.get(done.headers["Location"]).content.decode()
    assert "divisions.hk.quota" in page
    assert "&lt;b&gt;than&lt;/b&gt;" in page
    assert edition.digest in page
    edition.refresh_from_db()
    assert edition.digest in page
    assert (
        reverse("edition-amendment", args=[edition.slug, 2])
        in client.get(reverse("edition", args=[edition.slug])).content.decode()
    )
    assert client.get(reverse("edition-amendment", args=[edition.slug, 1])).status_code == 404


def test_an_edition_is_moved_on_or_told_why_not(edition: Any, organiser: Any, clock: Clock) -> None:
    visitor, address = signed_in(organiser), reverse("edition-move", args=[edition.slug])
    clock.during("before")
    early = visitor.post(address, {"state": "open"})
    assert early.status_code == 403
    assert "too early" in early.content.decode()
    clock.during("registration")
    assert visitor.post(address, {"state": "open"}).status_code == 302
    assert visitor.post(address, {"state": "nonsense"}).status_code == 422


def test_an_organiser_of_one_city_writes_drafts_and_cannot_announce(draft: Any) -> None:
    visitor = signed_in(make_organiser("shanghai"))
    text = draft.versions.get().source.replace("quota: 8", "quota: 9")
    saved = visitor.post(
        reverse("edition-file", args=[draft.slug]), {"act": "save", "edition-text": text, "version": 1}
    )
    assert saved.status_code == 302
    assert visitor.post(reverse("edition-announce", args=[draft.slug]), {"confirmed": "yes"}).status_code == 403


def test_the_list_costs_the_same_for_one_edition_and_for_many(organiser: Any, client: Client) -> None:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    from dataferry.server.challenge.actions import editions as actions

    def queries() -> int:
        with CaptureQueriesContext(
            connection,
        ) as captured:
            assert client.get(reverse("editions")).status_code == 200
        return len(captured)

    actions.announce(organiser, actions.create_edition(organiser, edition_text("first-one")))
    client.get(reverse("editions"))
    one = queries()
    for name in ("second", "third", "fourth"):
        actions.announce(organiser, actions.create_edition(organiser, edition_text(name)))
    assert queries() == one


def test_hostile_titles_stay_text(organiser: Any, client: Client) -> None:
    from dataferry.server.challenge.actions import editions as actions

    title = "en: Harbour Challenge 2026 (synthetic)"
    text = edition_text(changes={title: "en: '<script>alert(1)</script> 🏙️ بيانات'"})
    made = actions.announce(organiser, actions.create_edition(organiser, text))
    for address in (reverse("edition", args=[made.slug]), reverse("editions")):
        body = client.get(address).content.decode()
        assert "<script>alert" not in body
        assert "&lt;script&gt;alert" in body
