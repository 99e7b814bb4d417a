"""Promise: in an anonymous round a judge can open nothing on the whole site that says who made an entry, and no team
can open anything that says who judges."""

from __future__ import annotations

import hashlib
import io
import json
import re
import struct
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver
from hypothesis import given
from hypothesis import strategies as st

from dataferry.server.catalogue.words import worded
from dataferry.server.challenge import store
from dataferry.server.challenge.actions import assigning
from dataferry.server.challenge.models import Artefact, DataUse, Entry, ScoreSheet
from dataferry.server.challenge.redaction import HIDDEN, needles, redacted
from dataferry.server.people.models import Membership, Organisation
from dataferry.server.portal.api import api, operations
from server.challenge.editions import make_entry, make_team

from .judging_house import JudgedRound, make_judge, score

TEAM = "海港貓頭鷹隊"
TEAM_SIMPLIFIED = "海港猫头鹰队"
HOUSE = "黃埔環境研究所"
PLANTED = (
    *(TEAM, TEAM_SIMPLIFIED, "Harbour Owls", HOUSE, "黄埔环境研究所", "Whampoa Institute"),
    *("陳大文", "陈大文", "Chan Tai Man", "taiman.chan@whampoa.example", "whampoa", "owls-deck-by-chan"),
)
SECRET = re.compile("|".join(re.escape(each) for each in PLANTED), re.IGNORECASE)


@pytest.fixture
def planted(edition: Any, clock: Any, home: Path) -> JudgedRound:
    """A judged round whose first entry betrays its team in every place where a team can."""
    clock.during("screening")
    house = JudgedRound(edition)
    entry = house.entries[0]
    team = entry.team
    team.name, team.name_folded, team.kind = TEAM, TEAM, "corporate"
    organisation = Organisation.objects.create(
        slug="whampoa", name={"en": "Whampoa Institute", "zh-Hant": HOUSE, "zh-Hans": "黄埔环境研究所"}
    )
    team.organisation = organisation
    team.save()
    person = team.people[0]
    person.email, person.first_name, person.last_name = "taiman.chan@whampoa.example", "大文", "陳"
    person.save()
    person.emailaddress_set.update(email=person.email)
    person.profile.display_name = "Chan Tai Man"
    person.profile.save()
    Membership.objects.create(organisation=organisation, user=person)
    entry.title = worded({"en": "Owl maps by Chan Tai Man", "zh-Hans": f"{TEAM_SIMPLIFIED}的地图"})
    told = "We at the Whampoa Institute (taiman.chan@whampoa.example) map noise."
    entry.summary = worded({"en": told, "zh-Hant": f"{HOUSE}：陳 大 文"})
    entry.save()
    plant_file(entry, "deck", "application/pdf", deck())
    plant_file(entry, "video", "video/mp4", film())
    outside = {
        "title": "Noise log of Whampoa Institute",
        "publisher": "Whampoa Institute",
        "address": "https://whampoa.example",
    }
    DataUse.objects.create(entry=entry, outside=outside, purpose=f"By {TEAM}.", verified={"basis": "stated"})
    assigning.set_anchors(house.organiser, house.round, [entry])
    assigning.begin_calibration(house.organiser, house.round, [entry])
    return house


def plant_file(entry: Entry, role: str, media_type: str, content: bytes) -> Artefact:
    digest = hashlib.sha256(content).hexdigest()
    place = f"{digest[:2]}/{digest}"
    path = store.path_of(place)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return Artefact.objects.create(
        entry=entry,
        role=role,
        language="en",
        file_name=f"owls-deck-by-chan.{role}",
        media_type=media_type,
        bytes=len(content),
        sha256=digest,
        place=place,
        facts={"pages": 1},
        received_at=entry.started_at,
    )


def deck() -> bytes:
    """A PDF that names its maker wherever a program can write a name, and nowhere on its page."""
    from pypdf import PdfWriter
    from reportlab.pdfgen.canvas import Canvas

    drawn = io.BytesIO()
    canvas = Canvas(drawn)
    canvas.setAuthor("Chan Tai Man")
    canvas.setTitle("Harbour Owls")
    canvas.drawString(72, 700, "Noise in two cities")
    canvas.bookmarkPage("first")
    canvas.addOutlineEntry("Whampoa Institute", "first")
    canvas.linkURL("https://whampoa.example", (72, 690, 200, 710))
    canvas.showPage()
    canvas.save()
    writer = PdfWriter(clone_from=drawn)
    writer.add_attachment("Harbour Owls.txt", b"Chan Tai Man")
    written = io.BytesIO()
    writer.write(written)
    return written.getvalue()


def film() -> bytes:
    """The boxes of an MP4 with a title, an author and the name of a camera's owner."""

    def box(kind: bytes, content: bytes) -> bytes:
        return struct.pack(">I4s", 8 + len(content), kind) + content

    owner = box(b"hdlr", bytes(24) + b"Chan Tai Man\x00")
    track = box(b"trak", box(b"mdia", owner))
    title = box(b"udta", box(b"meta", b"Harbour Owls, Whampoa Institute"))
    return (
        box(b"ftyp", b"isom" + bytes(4))
        + box(b"moov", track + title)
        + box(b"uuid", b"x" * 16 + b"Chan Tai Man")
        + box(b"mdat", b"pictures")
    )


class Links(HTMLParser):
    """Every address that a page leads to."""

    def __init__(self) -> None:
        super().__init__()
        self.found: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        for name, value in attrs:
            if name in ("href", "src", "action") and value and value.startswith("/"):
                self.found.add(value.partition("#")[0])


def patterns(resolver: Any = None, before: str = "") -> list[str]:
    """Every address of the site as a template: `/en/challenge/editions/<slug>/`."""
    found = []
    for each in (resolver or get_resolver()).url_patterns:
        here = before + str(each.pattern).removeprefix("^").removesuffix("$").removesuffix(r"\Z")
        if isinstance(each, URLResolver):
            found += patterns(each, here)
        elif isinstance(each, URLPattern):
            found.append("/" + here)
    return found


def filled(template: str, house: JudgedRound) -> list[str]:
    """The address with every plausible number, name or code in its places."""
    entry = house.entries[0]
    own = house.judges[0].sheets.filter(entry=entry).values_list("pk", flat=True)
    numbers = list(dict.fromkeys(str(each) for each in (entry.pk, entry.team_id, house.judges[0].pk, *own)))
    words = [house.edition.slug, "screening-hk", entry.code, "hk", "transportation"]
    found = {template}
    for _ in range(4):
        grown = set()
        for each in found:
            match = re.search(r"<(?:(\w+):)?(\w+)>", each)
            if not match:
                grown.add(each)
                continue
            kind, name = match[1], match[2]
            options = numbers if kind == "int" else words
            if name in ("slug", "edition") and kind != "int":
                options = [house.edition.slug]
            elif name in ("code", "entry", "round"):
                options = ["screening-hk", entry.code]
            grown |= {each.replace(match[0], option, 1) for option in options}
        found = grown
    return sorted(each for each in found if "<" not in each and "(" not in each)


def looked_at(client: Client, address: str, seen: dict[str, int]) -> set[str]:
    """Open an address; nothing planted may stand in its body or headers. Returns where it leads."""
    answer = client.get(address, follow=False)
    seen[address] = answer.status_code
    body = b"".join(answer.streaming_content) if answer.streaming else answer.content
    headers = "\n".join(f"{name}: {value}" for name, value in answer.items())
    for text in (body.decode("utf-8", "replace"), body.decode("utf-16-be", "replace"), headers, json_text(body)):
        told = SECRET.search(text.replace(address, ""))
        assert told is None, (address, answer.status_code, told and text[max(0, told.start() - 80) : told.end() + 80])
    links = Links()
    if "html" in answer.get("Content-Type", ""):
        links.feed(body.decode("utf-8", "replace"))
    if "Location" in answer:
        links.found.add(answer["Location"])
    return {each for each in links.found if not each.startswith(("/static/", "/admin/", "/en/account/logout"))}


def json_text(body: bytes) -> str:
    """JSON with its escapes read."""
    try:
        return json.dumps(json.loads(body), ensure_ascii=False)
    except ValueError:
        return ""


def api_addresses(house: JudgedRound) -> list[str]:
    found = []
    for path, method, _operation in operations(api.get_openapi_schema()):
        if method == "get":
            found += filled(re.sub(r"\{(\w+)\}", lambda m: f"<{_kind(m[1])}:{m[1]}>", path), house)
    return found


def _kind(name: str) -> str:
    return (
        "int"
        if name in ("sheet", "number", "judge", "team", "entry_id", "conflict", "appeal", "id", "reopening")
        else "str"
    )


@pytest.mark.django_db
def test_a_judge_walks_every_page_and_endpoint_and_finds_no_identity(planted: JudgedRound) -> None:
    client = Client(raise_request_exception=False)
    client.force_login(planted.judges[0].user)
    seen: dict[str, int] = {}
    for stage in ("practice", "round"):
        if stage == "round":
            planted.assigned()
            score(planted.round.sheets.get(judge=planted.judges[0], entry=planted.entries[0], calibration=False))
        todo = ["/en/", "/en/challenge/judging/", "/zh-hant/challenge/judging/", "/zh-hans/challenge/judging/"]
        if stage == "round":
            every = [each for each in patterns() if not each.startswith(("/admin", "/api/", "/static"))]
            todo += [each for template in every for each in filled(template, planted) if "logout" not in each]
            todo += api_addresses(planted)
        walked: set[str] = set()
        while todo:
            address = todo.pop()
            if address not in walked:
                walked.add(address)
                todo += looked_at(client, address, seen) - walked
    opened = {address for address, status in seen.items() if status == 200}
    sheet = planted.round.sheets.get(judge=planted.judges[0], entry=planted.entries[0], calibration=False)
    assert f"/en/challenge/judging/sheets/{sheet.pk}/" in opened
    assert f"/en/challenge/judging/sheets/{sheet.pk}/files/1/" in opened
    assert f"/en/challenge/judging/sheets/{sheet.pk}/files/2/" in opened
    assert f"/api/v1/sheets/{sheet.pk}" in opened
    assert f"/api/v1/sheets/{sheet.pk}/files/1" in opened


@pytest.mark.django_db
def test_refusals_and_forms_of_a_judge_name_nobody(planted: JudgedRound) -> None:
    planted.assigned()
    sheet = planted.round.sheets.get(judge=planted.judges[0], entry=planted.entries[0], calibration=False)
    client = Client(raise_request_exception=False)
    client.force_login(planted.judges[0].user)
    here = f"/en/challenge/judging/sheets/{sheet.pk}/"
    for address in (here, *(f"{here}{act}/" for act in ("save", "sign", "recuse", "report"))):
        for body in ({}, {"revision": "9", "score-data": "x", "reason": ""}, {"reason": "Seen."}):
            answer = client.post(address, body)
            assert not SECRET.search(answer.content.decode()), address
    for path, method, _operation in operations(api.get_openapi_schema()):
        if method in ("post", "put") and ("sheet" in path or "editions" in path):
            for address in filled(re.sub(r"\{(\w+)\}", lambda m: f"<{_kind(m[1])}:{m[1]}>", path), planted):
                answer = getattr(client, method)(address, {}, "application/json")
                assert not SECRET.search(json_text(answer.content)), address


@pytest.mark.django_db
def test_files_keep_what_they_show_and_lose_what_they_tell(planted: JudgedRound) -> None:
    from pypdf import PdfReader

    planted.assigned()
    sheet = planted.round.sheets.get(judge=planted.judges[0], entry=planted.entries[0], calibration=False)
    client = Client(raise_request_exception=False)
    client.force_login(planted.judges[0].user)
    answer = client.get(f"/en/challenge/judging/sheets/{sheet.pk}/files/1/")
    assert answer["Content-Disposition"] == f'inline; filename="{sheet.entry.code}-deck-en.pdf"'
    assert "no-store" in answer["Cache-Control"]
    shown = PdfReader(io.BytesIO(b"".join(answer.streaming_content)))
    assert shown.pages[0].extract_text().strip() == "Noise in two cities"
    assert shown.metadata is None
    moving = b"".join(client.get(f"/en/challenge/judging/sheets/{sheet.pk}/files/2/").streaming_content)
    assert len(moving) == len(film())
    assert moving.endswith(b"pictures")


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("media_type", "content", "why"),
    [
        ("application/pdf", b"%PDF-1.7 broken", "unreadable"),
        ("application/pdf", b"", "unreadable"),
        ("video/mp4", b"\x00\x00\x00\x08ftyp\x7f\xff\xff\xffmoov", "broken_film"),
        ("application/zip", b"PK\x03\x04", "type"),
    ],
)
def test_a_file_that_cannot_be_cleaned_is_refused(
    planted: JudgedRound, media_type: str, content: bytes, why: str
) -> None:
    from dataferry.messages import RefusedError
    from dataferry.server.challenge import neutral_files

    artefact = plant_file(planted.entries[1], "deck", media_type, content)
    with pytest.raises(RefusedError) as refused:
        neutral_files.for_judges(artefact, anonymous=True)
    assert refused.value.data["why"] == why
    assert not list(neutral_files.folder().glob("*"))


@pytest.mark.django_db
def test_no_team_learns_who_judges(edition: Any, clock: Any) -> None:
    clock.during("screening")
    house = JudgedRound(edition)
    spy = house.judges[0]
    spy.user.profile.display_name = "Judge Bao Qingtian"
    spy.user.profile.save()
    spy.user.email = "bao@court.example"
    spy.user.save()
    spy.user.emailaddress_set.update(email="bao@court.example")
    house.assigned()
    for sheet in house.sheets:
        score(sheet, comment_team="Clear.", comment_panel="Weak on data.")
    team = house.entries[0].team
    client = Client(raise_request_exception=False)
    client.force_login(team.people[0])
    addresses = api_addresses(house)
    for template in patterns():
        if not template.startswith(("/admin", "/api/", "/static")):
            addresses += [each for each in filled(template, house) if "logout" not in each]
    for address in addresses:
        answer = client.get(address)
        body = b"".join(answer.streaming_content) if answer.streaming else answer.content
        told = re.search("Bao Qingtian|bao@court|Weak on data", body.decode("utf-8", "replace"))
        assert told is None, (address, told)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("海港猫头鹰队的地图", f"{HIDDEN}的地图"),
        ("海 港 貓頭鷹隊", HIDDEN),
        ("HARBOUR  OWLS rule", f"{HIDDEN} rule"),
        ("ｈａｒｂｏｕｒ ｏｗｌｓ", HIDDEN),
        ("Harbour\u200b Owls", HIDDEN),
        ("Annual Harbour Owlsley", "Annual Harbour Owlsley"),
        ("by Ann, annually", f"by {HIDDEN}, annually"),
        ("nothing here", "nothing here"),
    ],
)
def test_names_are_blacked_out_in_both_scripts_and_any_width(text: str, shown: str) -> None:
    assert redacted(text, needles([TEAM, "Harbour Owls", "Ann"])) == shown


@given(st.text(max_size=60), st.lists(st.text(min_size=1, max_size=8), max_size=4))
def test_blacking_out_leaves_no_name_and_nothing_twice(text: str, names: list[str]) -> None:
    wanted = needles(names)
    once = redacted(text, wanted)
    assert redacted(once, wanted) == once
    if not any(each in text for each in wanted):
        assert len(once.replace(HIDDEN, "")) <= len(text)


@pytest.mark.django_db
def test_the_final_of_this_edition_is_not_anonymous_and_still_shows_no_more(edition: Any, clock: Any) -> None:
    from dataferry.server.challenge.queries import blind, sheets

    house = JudgedRound(edition, judges=2, entries=1)
    final = edition.rounds.get(code="final")
    entry = make_entry(make_team(edition, "sh"), state="shortlisted")
    for _ in range(2):
        make_judge(house.organiser, edition, "shanghai")
    assigning.assign_round(house.organiser, assigning.open_round(house.organiser, final))
    sheet = ScoreSheet.objects.filter(entry=entry).first()
    assert not sheets.is_anonymous(sheet.round)
    assert set(blind.blind_entry(sheet).__dataclass_fields__) == {
        *("code", "city", "theme", "subcategory", "language", "title", "summary", "files", "uses", "evidence"),
        "hidden_parts",
    }
