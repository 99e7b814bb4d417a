"""Pages of drafts: in three languages, for nobody but their people, never broken by what was written into them."""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils.translation import override

from dataferry.server.display.languages import TONGUES
from dataferry.server.workshop import actions, draft_view, manifest_text, vocabulary
from dataferry.server.workshop.models import Build, Draft, DraftShare, Release
from server.persons import make_person

Work = Callable[[], list[str]]
HOSTILE = "'\"><script>alert(1)</script>{{ 7*7 }}{% x %}\u202e</textarea>"
PARTS = ("draft", "draft-inputs", "draft-description", "draft-builds", "draft-share")


def signed_in(user: Any) -> Client:
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def as_ann(ann: Any) -> Client:
    """Ann's browser."""
    return signed_in(ann)


@pytest.fixture
def cat(draft: Draft) -> Any:
    """A person who may look at Ann's draft."""
    person = make_person("cat@example.org")
    DraftShare.objects.create(draft=draft, user=person, may_edit=False)
    return person


@pytest.fixture
def dan(draft: Draft) -> Any:
    """A person who may edit Ann's draft."""
    person = make_person("dan@example.org")
    DraftShare.objects.create(draft=draft, user=person, may_edit=True)
    return person


def address(name: str, *arguments: Any, code: str = "en") -> str:
    with override(code):
        return reverse(name, args=arguments)


def written(draft: Draft, field: str, text: str, act: str = "save") -> dict[str, str]:
    """What the form of an editor sends."""
    base = draft_view.fingerprint(getattr(draft, field))
    return {"revision": str(draft.revision), "base": base, field: text, "act": act}


def body(response: Any) -> str:
    return str(response.content.decode())


def words_on(text: str) -> Iterator[str]:
    """Texts of a page outside code, editors and what a person wrote."""
    text = re.sub(r"(?s)<(script|style|code|pre|textarea|svg|head)\b.*?</\1>", " ", text)
    text = re.sub(r'(?s)<span lang="[^"]+">.*?</span>', " ", text)
    for found in re.findall(r">([^<>]+)<", text) + re.findall(r'(?:aria-label|placeholder|title)="([^"]+)"', text):
        yield html.unescape(found).strip()


@pytest.mark.parametrize("code", ["zh-hant", "zh-hans"])
def test_pages_say_nothing_in_english(draft: Draft, built: Release, cat: Any, as_ann: Client, code: str) -> None:
    build = Build.objects.get()
    addresses = [address(name, draft.slug, code=code) for name in PARTS]
    addresses += [address("drafts", code=code), address("draft-new", code=code)]
    addresses += [address("draft-build-page", draft.slug, build.pk, code=code)]
    addresses += [address("release-publish", draft.slug, built.version, code=code)]
    known = {"My stops", "Stops", "my-stops", "Dataferry", "English", "API", "CC-BY-4.0", "product.yaml", "recipe.sql"}
    for each in addresses:
        for text in words_on(body(as_ann.get(each))):
            plain = text
            for name in sorted(known, key=len, reverse=True):
                plain = plain.replace(name, "")
            assert not re.search(r"[A-Za-z]{3,} [a-z]{2,}", plain), (each, text)


@pytest.mark.parametrize("name", PARTS)
def test_pages_of_a_draft_open_for_its_people_only(
    draft: Draft, ann: Any, bob: Any, cat: Any, dan: Any, name: str
) -> None:
    where = address(name, draft.slug)
    assert [signed_in(who).get(where).status_code for who in (ann, cat, dan, bob)] == [200, 200, 200, 404]
    visitor = Client().get(where)
    assert (visitor.status_code, visitor["Location"].split("?")[0]) == (302, address("account_login"))


DOORS: list[tuple[str, dict[str, str], tuple[int, int, int]]] = [
    # where, what is sent, answers to: an editor, a viewer, a stranger
    ("draft", {"act": "save", "recipe": "SELECT 1"}, (302, 403, 404)),
    ("draft", {"act": "check", "recipe": "SELECT 1"}, (200, 200, 404)),
    ("draft", {"act": "build", "recipe": ""}, (422, 403, 404)),
    ("draft-description", {"act": "save", "manifest": "dataferry: 1"}, (302, 403, 404)),
    ("draft-description", {"act": "columns", "manifest": "dataferry: 1"}, (200, 200, 404)),
    ("draft-inputs", {"act": "remove", "table": "stops"}, (302, 403, 404)),
    # The dataset is Ann's own: who edits her draft still may not read it.
    ("draft-build", {}, (422, 403, 404)),
    ("draft-share", {"act": "add", "email": "bob@example.org", "right": "view"}, (403, 403, 404)),
    ("draft-remove", {}, (403, 403, 404)),
]


@pytest.mark.parametrize(("name", "sent", "answers"), DOORS, ids=[f"{d[0]}-{d[1].get('act', '')}" for d in DOORS])
def test_who_may_change_what(
    draft: Draft, bob: Any, cat: Any, dan: Any, name: str, sent: dict[str, str], answers: tuple[int, int, int]
) -> None:
    for who, expected in zip((cat, bob, dan), (answers[1], answers[2], answers[0]), strict=True):
        before = (draft.revision, draft.manifest, draft.recipe, DraftShare.objects.count(), Build.objects.count())
        given = written(draft, "recipe", draft.recipe) | sent
        response = signed_in(who).post(address(name, draft.slug), given)
        assert response.status_code == expected, (who.email, response.status_code)
        draft = Draft.objects.get(pk=draft.pk)
        if who is not dan:
            now = (draft.revision, draft.manifest, draft.recipe, DraftShare.objects.count(), Build.objects.count())
            assert now == before


def test_a_build_of_another_draft_is_not_there(draft: Draft, bob: Any, cat: Any, dan: Any, as_ann: Client) -> None:
    as_ann.post(address("draft-build", draft.slug))
    build = Build.objects.get()
    for name in ("draft-build-page", "draft-build-cancel"):
        where = address(name, draft.slug, build.pk)
        assert signed_in(bob).post(where).status_code in (404, 405)
        assert signed_in(bob).get(where).status_code in (404, 405)
    assert signed_in(cat).post(address("draft-build-cancel", draft.slug, build.pk)).status_code == 403
    assert signed_in(dan).post(address("draft-build-cancel", draft.slug, build.pk)).status_code == 302
    assert Build.objects.get().state == "cancelled"
    assert "This build was cancelled" in body(as_ann.get(address("draft-build-page", draft.slug, build.pk)))


def test_a_text_is_saved_and_kept_as_written(draft: Draft, as_ann: Client) -> None:
    text = 'SELECT stop, "名稱", district, lines\r\nFROM stops -- 中環\r\n'
    response = as_ann.post(address("draft", draft.slug), written(draft, "recipe", text), follow=True)
    assert "Saved as revision 2." in body(response)
    draft.refresh_from_db()
    assert draft.recipe == text.replace("\r\n", "\n")
    assert html.escape('"名稱", district') in body(response)


def test_two_who_save_the_same_text_are_asked_to_choose(draft: Draft, dan: Any, as_ann: Client) -> None:
    mine, theirs = draft.recipe + "-- mine\n", draft.recipe + "-- theirs\n"
    sent = written(draft, "recipe", mine)
    signed_in(dan).post(address("draft", draft.slug), written(draft, "recipe", theirs))
    response = as_ann.post(address("draft", draft.slug), sent)
    assert response.status_code == 409
    shown = body(response)
    assert "-- mine" in shown
    assert "-- theirs" in shown
    draft.refresh_from_db()
    assert draft.recipe == theirs
    again = dict(re.findall(r'<input type="hidden" name="(revision|base)" value="([^"]+)"', shown))
    assert as_ann.post(address("draft", draft.slug), {**again, "act": "save", "recipe": mine}).status_code == 302
    draft.refresh_from_db()
    assert (draft.recipe, draft.revision) == (mine, 3)


def test_two_who_save_different_texts_do_not_collide(draft: Draft, dan: Any, as_ann: Client) -> None:
    sent = written(draft, "recipe", draft.recipe + "-- mine\n")
    signed_in(dan).post(
        address("draft-description", draft.slug), written(draft, "manifest", draft.manifest + "# theirs\n")
    )
    assert as_ann.post(address("draft", draft.slug), sent).status_code == 302
    draft.refresh_from_db()
    assert draft.recipe.endswith("-- mine\n")
    assert draft.manifest.endswith("# theirs\n")


def test_mistakes_are_shown_at_their_line(draft: Draft, as_ann: Client) -> None:
    given = written(draft, "recipe", "SELECT stop,\n  distrct\nFROM stops", "check")
    shown = body(as_ann.post(address("draft", draft.slug), given))
    assert re.search(r'<a href="[^"]+#recipe-line-2" data-problem="recipe" data-line="2" data-column="3">', shown)
    assert "district?" in shown
    given = written(draft, "manifest", draft.manifest.replace("licence:", "lisence:", 1), "check")
    line = 1 + draft.manifest[: draft.manifest.index("licence:")].count("\n")
    part = as_ann.post(address("draft-description", draft.slug), given, headers={"HX-Request": "true"})
    assert f'data-problem="manifest" data-line="{line}"' in body(part)
    assert "<html" not in body(part)


def test_the_first_rows_are_shown(draft: Draft, as_ann: Client, cat: Any) -> None:
    given = written(draft, "recipe", "SELECT district, sum(lines) AS lines FROM stops GROUP BY district", "preview")
    shown = body(as_ann.post(address("draft", draft.slug), given))
    rows = re.findall(r'<tr><td class="">([^<]+)</td><td class="number">([^<]+)</td></tr>', shown)
    assert sorted(rows) == [("Central", "4"), ("Eastern", "2"), ("Wan Chai", "2")]
    assert "all 4 rows" in shown
    hidden = body(signed_in(cat).post(address("draft", draft.slug), given))
    assert "Wan Chai" not in hidden
    assert 'data-problem="manifest"' in hidden
    draft.refresh_from_db()
    assert draft.revision == 1


def test_how_a_recipe_would_be_run_is_told(draft: Draft, as_ann: Client) -> None:
    given = written(draft, "recipe", "SELECT stop, district, lines, upper(district) AS 名稱 FROM stops", "explain")
    shown = body(as_ann.post(address("draft", draft.slug), given))
    assert "<code>stops.district</code>" in shown
    assert "The query as the engine gets it" in shown


HOSTILE_TEXTS = (HOSTILE, "\x00\x01\ufeff", "a: &a [*a]\n", "[" * 500, "SELECT " + "(" * 3000, "- - " * 2000)
ACTS = ("save", "check", "preview", "explain", "columns", "build", "words", "nonsense")


@pytest.mark.parametrize("field", ["recipe", "manifest"])
def test_hostile_texts_break_nothing(draft: Draft, as_ann: Client, field: str) -> None:
    where = address("draft" if field == "recipe" else "draft-description", draft.slug)
    for text in HOSTILE_TEXTS:
        for act in ACTS:
            draft.refresh_from_db()
            response = as_ann.post(where, written(draft, field, text, act))
            assert response.status_code in (200, 302, 422), (act, text[:20], response.status_code)
            assert b"<script>alert" not in response.content
        for name in PARTS:
            shown = as_ann.get(address(name, draft.slug))
            assert shown.status_code == 200
            assert b"<script>alert" not in shown.content


def test_hostile_titles_are_text(draft: Draft, as_ann: Client, built: Release) -> None:
    parts = manifest_text.plain_parts(draft.manifest)
    title = dict.fromkeys(("en", "zh-Hant", "zh-Hans"), HOSTILE.replace("\u202e", ""))
    manifest = manifest_text.with_parts(draft.manifest, parts | {"title": title})
    as_ann.post(address("draft-description", draft.slug), written(draft, "manifest", manifest))
    draft.refresh_from_db()
    assert draft.title["en"] == title["en"]
    for where in [address("drafts"), *(address(name, draft.slug) for name in PARTS)]:
        shown = as_ann.get(where)
        assert shown.status_code == 200
        assert b"<script>alert" not in shown.content
        assert html.escape(title["en"]).encode() in shown.content


def test_the_form_rewrites_only_what_it_asks_for(draft: Draft, as_ann: Client) -> None:
    manifest = draft.manifest.replace("quality:", "# our own rule\nquality:")
    as_ann.post(address("draft-description", draft.slug), written(draft, "manifest", manifest))
    draft.refresh_from_db()
    given = {"revision": draft.revision, "base": draft_view.fingerprint(draft.manifest), "act": "words"}
    given |= {"version": "1.2.0", "licence": "CC-BY-4.0", "cities": ["shanghai"]}
    given |= {f"title_{language}": f"車站 {language}" for language in ("en", "zh-Hant", "zh-Hans")}
    given |= {f"description_{language}": "Stops & lines: all" for language in ("en", "zh-Hant", "zh-Hans")}
    assert as_ann.post(address("draft-description", draft.slug), given).status_code == 302
    draft.refresh_from_db()
    assert "# our own rule" in draft.manifest
    parts = manifest_text.plain_parts(draft.manifest)
    assert (parts["version"], parts["cities"]) == ("1.2.0", ["shanghai"])
    assert parts["title"]["zh-Hans"] == "車站 zh-Hans"
    assert parts["description"]["en"] == "Stops & lines: all"
    wrong = as_ann.post(address("draft-description", draft.slug), given | {"version": "one"})
    assert wrong.status_code == 422
    assert "Three numbers with dots" in body(wrong)


def test_columns_are_suggested_from_the_recipe(draft: Draft, as_ann: Client, work: Work) -> None:
    recipe = "SELECT stop, lines * 1.5 AS weight, lines FROM stops"
    as_ann.post(address("draft", draft.slug), written(draft, "recipe", recipe))
    draft.refresh_from_db()
    manifest = draft.manifest.replace("name: lines", "name: lines # how many call here")
    given = written(draft, "manifest", manifest, "columns")
    assert as_ann.post(address("draft-description", draft.slug), given).status_code == 302
    draft.refresh_from_db()
    assert "# how many call here" in draft.manifest
    assert re.findall(r"- name: (\w+)", draft.manifest) == ["stop", "weight", "lines"]
    as_ann.post(address("draft-build", draft.slug))
    assert work() == ["done"]
    columns = Release.objects.get().document["output"]["columns"]
    assert [(each["name"], each["type"]) for each in columns] == [
        ("stop", "string"),
        ("weight", "number"),
        ("lines", "integer"),
    ]


def test_a_product_is_started_from_a_dataset_and_builds_at_once(
    snapshot: Any, ann: Any, bob: Any, as_ann: Client, work: Work
) -> None:
    slug = snapshot.distribution.dataset.slug
    assert signed_in(bob).post(address("draft-start"), {"dataset": slug}).status_code == 404
    for _again in range(2):
        response = as_ann.post(address("draft-start"), {"dataset": slug, "snapshot": snapshot.short})
        assert response.status_code == 302
    names = sorted(Draft.objects.values_list("slug", flat=True))
    assert names == [slug, f"{slug}-2"]
    built = as_ann.post(address("draft-build", slug))
    assert work() == ["done"]
    assert body(as_ann.get(built["Location"])).count(address("release", slug, "0.1.0")) >= 1


def test_a_product_is_started_from_several_datasets(
    snapshot: Any, upload: Callable[..., Any], ann: Any, as_ann: Client, work: Work
) -> None:
    other = upload(ann, b"district,people\nCentral,10\n", "people.csv", metadata={"title": {"en": "People"}})
    slugs = [each.distribution.dataset.slug for each in (snapshot, other)]
    shown = body(as_ann.get(address("draft-new") + "?q=People"))
    assert f'value="{slugs[1]}"' in shown
    assert f'value="{slugs[0]}"' not in shown
    nothing = as_ann.post(address("draft-new"), {"title": "Both"})
    assert nothing.status_code == 422
    response = as_ann.post(address("draft-new"), {"dataset": slugs, "title": "Both of them"})
    assert response["Location"] == address("draft", "both-of-them")
    draft = Draft.objects.get()
    assert [each.name for each in draft.inputs.all()] == ["stops", "people"]
    as_ann.post(address("draft-build", draft.slug))
    assert work() == ["done"]


def test_inputs_are_added_brought_up_to_date_and_removed(
    draft: Draft, snapshot: Any, upload: Callable[..., Any], ann: Any, as_ann: Client
) -> None:
    where = address("draft-inputs", draft.slug)
    other = upload(ann, b"district,people\nCentral,10\n", "people.csv", metadata={"title": {"en": "People"}})
    sent = {"act": "add", "dataset": other.distribution.dataset.slug, "revision": draft.revision}
    assert "The input is added." in body(as_ann.post(where, sent, follow=True))
    changed = "stop,名稱,district,lines\nA1,中環,Central,9\n".encode("big5")
    newer = upload(ann, changed, dataset=snapshot.distribution.dataset)
    shown = body(as_ann.get(where))
    assert newer.short in shown
    draft.refresh_from_db()
    as_ann.post(where, {"act": "newest", "table": "stops", "revision": draft.revision})
    draft.refresh_from_db()
    assert draft.inputs.get(name="stops").snapshot == newer
    assert newer.id_text in draft.manifest
    stale = as_ann.post(where, {"act": "remove", "table": "people", "revision": 1}, follow=True)
    assert "Somebody else saved this draft meanwhile" in body(stale)
    as_ann.post(where, {"act": "remove", "table": "people", "revision": draft.revision})
    assert [each.name for each in draft.inputs.all()] == ["stops"]


def test_sharing_answers_the_same_for_members_and_strangers(draft: Draft, bob: Any, as_ann: Client) -> None:
    where = address("draft-share", draft.slug)
    answers = []
    for email in ("bob@example.org", "nobody@example.org"):
        shown = body(as_ann.post(where, {"act": "add", "email": email, "right": "edit"}, follow=True))
        answers.append(re.search(r'class="told-once">([^<]+)<', shown))
    assert answers[0] is not None
    assert answers[1] is not None
    assert answers[0][1] == answers[1][1]
    share = DraftShare.objects.get()
    assert (share.user, share.may_edit) == (bob, True)
    left = signed_in(bob).post(where, {"act": "remove", "share": share.pk})
    assert left["Location"] == address("drafts")
    assert not DraftShare.objects.exists()


def test_a_failed_build_leads_to_the_line(draft: Draft, as_ann: Client, work: Work) -> None:
    recipe = 'SELECT stop, "名稱", district,\n  CAST(stop AS integer) AS lines\nFROM stops'
    as_ann.post(address("draft", draft.slug), written(draft, "recipe", recipe))
    response = as_ann.post(address("draft-build", draft.slug))
    assert work() == ["tables.query_failed"]
    shown = body(as_ann.get(response["Location"]))
    assert "The build did not succeed" in shown
    assert f'href="{address("draft", draft.slug)}' in shown
    assert "The last build failed" in body(as_ann.get(address("drafts")))


def test_publishing_asks_first(draft: Draft, built: Release, bob: Any, as_ann: Client) -> None:
    where, seen = address("release-publish", "my-stops", "0.1.0"), address("release", "my-stops", "0.1.0")
    assert [signed_in(bob).get(each).status_code for each in (where, seen)] == [404, 404]
    assert "Only its owner" in body(as_ann.get(seen))
    assert "What speaks for it" in body(as_ann.get(where))
    assert as_ann.post(where).status_code == 422
    assert Client().get(seen).status_code == 404
    assert as_ann.post(where, {"sure": "yes"})["Location"] == seen
    assert Client().get(seen).status_code == 200
    assert as_ann.get(where).status_code == 302
    assert signed_in(bob).get(where).status_code == 403
    assert "Only its owner" not in body(as_ann.get(seen))


def test_the_shelf_asks_as_much_for_many_as_for_one(
    draft: Draft, snapshot: Any, ann: Any, as_ann: Client, work: Work
) -> None:
    def asked(where: str) -> int:
        with CaptureQueriesContext(
            connection,
        ) as queries:
            assert as_ann.get(where).status_code == 200
        return len(queries)

    as_ann.get(address("drafts"))
    actions.request_build(ann, draft)
    assert work() == ["done"]
    one, one_new = asked(address("drafts")), asked(address("draft-new"))
    for number in range(6):
        other = actions.open_draft(ann, [snapshot], f"other-{number}")
        DraftShare.objects.create(draft=other, user=make_person())
        actions.request_build(ann, other)
    assert work() == ["done"] * 6
    assert asked(address("drafts")) == one
    assert asked(address("draft-new")) == one_new


def test_a_draft_asks_as_much_for_many_inputs_as_for_one(
    draft: Draft, upload: Callable[..., Any], ann: Any, as_ann: Client
) -> None:
    def asked() -> list[int]:
        counts = []
        for name in PARTS:
            with CaptureQueriesContext(connection) as queries:
                as_ann.get(address(name, draft.slug))
            counts.append(len(queries))
        return counts

    asked()
    before = asked()
    for number in range(4):
        added = upload(ann, b"a,b\n1,2\n", f"more{number}.csv", metadata={"title": {"en": f"More {number}"}})
        draft.refresh_from_db()
        actions.add_snapshot(ann, draft, added, draft.revision)
    for _number in range(3):
        actions.share_draft(ann, draft, make_person().email)
    assert asked() == before


def test_an_empty_shelf_leads_to_the_catalogue(bob: Any) -> None:
    shown = body(signed_in(bob).get(address("drafts")))
    assert "You have not started a product yet." in shown
    assert 'href="/en/datasets/"' in shown


def test_the_editor_offers_exactly_what_the_gate_allows() -> None:
    from dataferry.products.allowed_functions import ALLOWED

    assert {name for name, _signature, _group in vocabulary.functions()} == ALLOWED


def test_every_string_of_the_pages_is_marked_for_translation() -> None:
    folder = Path(vocabulary.__file__).parent / "templates/workshop"
    for file in [*folder.glob("draft_*.html"), *folder.glob("_draft*.html")]:
        text = re.sub(r"(?s){%\s*blocktranslate.*?{%\s*endblocktranslate\s*%}", " ", file.read_text(encoding="utf-8"))
        text = re.sub(r"(?s)<code>.*?</code>|{%.*?%}|{{.*?}}|{#.*?#}", " ", text)
        for words in re.findall(r">([^<>]*)<", text):
            rest = words.replace("product.yaml", "").replace("Dataferry", "")
            assert not re.search(r"[A-Za-z]{2,}", rest), (file.name, words)


def test_pages_name_themselves_in_each_language(draft: Draft, as_ann: Client) -> None:
    for tongue in TONGUES:
        shown = body(as_ann.get(address("draft", draft.slug, code=tongue.code)))
        assert f'<html lang="{tongue.tag}">' in shown


def test_two_releases_are_compared_in_words_and_tables(
    draft: Draft, built: Release, bob: Any, as_ann: Client, work: Work
) -> None:
    where = address("release-compare", "my-stops")
    assert "only one release" in body(as_ann.get(where))
    recipe = "SELECT stop, \"名稱\", lower(district) AS district, lines, 'x' AS mark FROM stops WHERE stop <> 'A1'"
    as_ann.post(address("draft", draft.slug), written(draft, "recipe", recipe))
    draft.refresh_from_db()
    manifest = draft.manifest.replace("version: 0.1.0", "version: 0.2.0")
    as_ann.post(address("draft-description", draft.slug), written(draft, "manifest", manifest, "columns"))
    as_ann.post(address("draft-build", draft.slug))
    assert work() == ["done"]
    shown = body(as_ann.get(where + "?a=0.1.0&b=0.2.0"))
    assert "0 rows came, 1 went, and 3 changed." in shown
    assert "1 column differs." in shown
    assert "<del>Wan Chai</del> → <ins>wan chai</ins>" in shown
    assert f'href="{where}?a=0.1.0&amp;b=0.2.0"' in body(as_ann.get(address("release", "my-stops", "0.2.0")))
    assert "Choose two different versions." in body(as_ann.get(where + "?a=0.1.0&b=0.1.0"))
    assert as_ann.get(where + "?a=9.9.9&b=0.1.0").status_code == 404
    assert signed_in(bob).get(where).status_code == 404
