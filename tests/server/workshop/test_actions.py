"""A draft of a member becomes a release and, when its owner says so, open to everybody; two savers never mix."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import AnonymousUser
from django.db import transaction

from dataferry.messages import InputError, LimitError, MissingError, RefusedError
from dataferry.server import journal
from dataferry.server.people import predicates
from dataferry.server.web.api import ConflictError
from dataferry.server.workshop import actions, checks, queries
from dataferry.server.workshop.models import Build, Draft, DraftShare, Product, Release
from dataferry.server.workshop.publishing import obstacles
from server.persons import make_person

Work = Callable[[], list[str]]


def codes(user: Any, draft: Draft, **texts: str) -> list[str]:
    return [problem.code for problem in checks.check_draft(user, draft, **texts)]


def test_a_draft_of_a_dataset_builds_as_it_is(draft: Draft, built: Release, snapshot: Any) -> None:
    (given,) = built.document["inputs"]
    assert (given["snapshot"], given["dataset"]) == (snapshot.id_text, snapshot.distribution.dataset.slug)
    assert built.document["output"]["rows"] == 4
    assert (built.product.slug, built.product.owner, built.version) == ("my-stops", draft.owner, "0.1.0")
    acts = list(journal.Event.objects.filter(act__startswith="workshop.").order_by("pk").values_list("act", "actor"))
    person = f"person:{draft.owner.pk}"
    assert acts == [("workshop.draft_opened", person), ("workshop.release_registered", person)]


def test_the_second_of_two_savers_is_told_both_revisions(ann: Any, bob: Any, draft: Draft) -> None:
    actions.share_draft(ann, draft, "bob@example.org", may_edit=True)
    seen = queries.draft_of(bob, "my-stops")
    actions.save_draft(ann, draft, draft.manifest, "SELECT 1", 1)
    with pytest.raises(ConflictError) as error:
        actions.save_draft(bob, seen, seen.manifest, "SELECT 2", 1)
    assert (error.value.data["yours"], error.value.data["theirs"]) == (1, 2)
    assert Draft.objects.get().recipe == "SELECT 1"


def test_a_name_belongs_to_one_person(ann: Any, bob: Any, draft: Draft, built: Release, registered: Release) -> None:
    for slug in ("my-stops", registered.product.slug):
        with pytest.raises(ConflictError) as error:
            actions.open_draft(bob, None, slug)
        assert error.value.code == "server.workshop.slug_taken"
    with pytest.raises(ConflictError) as error:
        actions.open_draft(ann, None, "my-stops")
    assert error.value.code == "server.workshop.draft_there"
    actions.remove_draft(ann, draft)
    assert actions.open_draft(ann, None, "my-stops").product == built.product


def test_a_removed_draft_without_release_frees_its_name(ann: Any, bob: Any, draft: Draft) -> None:
    actions.remove_draft(ann, draft)
    assert not Product.objects.exists()
    assert actions.open_draft(bob, None, "my-stops").owner == bob


@pytest.mark.parametrize("slug", ["", "Big", "a b", "a--b", "../x", "x" * 65, "名"])
def test_a_product_needs_a_plain_name(ann: Any, slug: str) -> None:
    with pytest.raises(InputError) as error:
        actions.open_draft(ann, None, slug)
    assert error.value.code == "server.workshop.bad_slug"


def test_a_draft_from_nothing_says_what_it_still_needs(ann: Any) -> None:
    draft = actions.open_draft(ann, None, "empty")
    assert "products.yaml_out_of_bounds" in codes(ann, draft)
    with pytest.raises(InputError) as error:
        actions.request_build(ann, draft)
    assert error.value.code == "server.workshop.not_ready"
    assert error.value.data["problems"][0]["file"] == "product.yaml"


def test_an_input_is_added_to_the_texts_and_tied(ann: Any, draft: Draft, upload: Callable[..., Any]) -> None:
    second = upload(ann, b"a,b\n1,2\n", "other.csv", metadata={"title": {"en": "Other table"}})
    actions.add_snapshot(ann, draft, second, draft.revision)
    assert {each.name: each.snapshot for each in draft.inputs.all()} == {
        "stops": draft.inputs.get(name="stops").snapshot,
        second.distribution.dataset.slug.replace("-", "_"): second,
    }
    assert "# Titles and descriptions" in draft.manifest
    assert codes(ann, draft) == []


def test_problems_of_yaml_are_told_at_their_line(ann: Any, draft: Draft) -> None:
    lines = draft.manifest.splitlines()
    at = next(number for number, line in enumerate(lines) if line.startswith("licence:"))
    broken = "\n".join([*lines[:at], "licens: CC-BY-4.0", *lines[at + 1 :]])
    told = {(problem.code, problem.line) for problem in checks.check_draft(ann, draft, manifest=broken)}
    assert ("products.yaml_unknown_key", at + 1) in told
    (syntax,) = checks.check_draft(ann, draft, manifest="a: 1\nb: c: d\ne: 2\n")
    assert (syntax.code, syntax.file) == ("products.yaml_syntax", "product.yaml")
    assert syntax.line == 2
    renamed = draft.manifest.replace("name: my-stops", "name: other", 1)
    (differs,) = [p for p in checks.check_draft(ann, draft, manifest=renamed) if "name_differs" in p.code]
    assert renamed.splitlines()[differs.line - 1].startswith("name:")


def test_an_input_that_is_not_the_persons_is_no_input(ann: Any, bob: Any, draft: Draft, snapshot: Any) -> None:
    stolen = actions.start_draft(bob, "stolen", draft.manifest.replace("my-stops", "stolen"), draft.recipe)
    assert not stolen.inputs.exists()
    assert "server.workshop.input_no_snapshot" in codes(bob, stolen)
    with pytest.raises(InputError):
        actions.request_build(bob, stolen)
    with pytest.raises(MissingError):
        actions.open_draft(bob, [snapshot], "mine-now")
    with pytest.raises(MissingError):
        actions.add_snapshot(bob, stolen, snapshot, stolen.revision)


def test_an_input_that_was_withdrawn_says_so_and_stops_build_and_publication(
    ann: Any, draft: Draft, built: Release, snapshot: Any
) -> None:
    from dataferry.server.catalogue.actions import withdraw_dataset

    dataset = snapshot.distribution.dataset
    holder = make_person("root@example.org", is_superuser=True)
    withdraw_dataset(holder, dataset)
    dataset.refresh_from_db()
    assert dataset.withdrawn_at is not None
    with pytest.raises(RefusedError) as error:
        actions.publish_release(ann, built)
    assert error.value.data["reasons"][0]["code"] == "server.workshop.input_gone"


def test_another_product_is_an_input(ann: Any, draft: Draft, built: Release, work: Work) -> None:
    manifest = draft.manifest.replace("my-stops", "on-stops")
    start, end = manifest.index("    dataset:"), manifest.index("    title:")
    manifest = manifest[:start] + "    product: ../my-stops\n" + manifest[end:]
    upper = actions.start_draft(ann, "on-stops", manifest, draft.recipe)
    assert upper.inputs.get().upstream == built
    assert codes(ann, upper) == []
    build = actions.request_build(ann, upper)
    assert work() == ["done"]
    build.refresh_from_db()
    (given,) = build.release.document["inputs"]
    assert given["product"]["digest"] == given["snapshot"] == built.digest
    assert build.release.digest == built.digest


def test_a_release_is_its_peoples_until_it_is_published(ann: Any, bob: Any, draft: Draft, built: Release) -> None:
    nobody = AnonymousUser()
    assert queries.release_of(ann, "my-stops", "0.1.0") == built
    for user in (bob, nobody):
        assert queries.release_of(user, "my-stops", "0.1.0") is None
        assert not queries.visible_products(user).exists()
    share = actions.share_draft(ann, draft, "BOB@example.org")
    assert queries.latest_release(bob, "my-stops") == built
    actions.unshare_draft(bob, draft, share.pk)
    assert queries.latest_release(bob, "my-stops") is None
    actions.publish_release(ann, built)
    actions.publish_release(ann, built)
    assert queries.latest_release(nobody, "my-stops") == built
    assert [product.shown_version for product in queries.visible_products(nobody, "MY stops")] == ["0.1.0"]
    assert not queries.visible_products(nobody, "elephants").exists()
    events = journal.Event.objects.filter(act="workshop.release_published")
    assert [(event.object, event.actor) for event in events] == [("release:my-stops@0.1.0", f"person:{ann.pk}")]


@pytest.mark.parametrize("part", ["datum", "quality", "privacy"])
def test_a_release_whose_data_is_not_what_it_says_is_not_published(
    ann: Any, draft: Draft, work: Work, part: str
) -> None:
    if part == "quality":
        wrong = draft.manifest.replace("min: 1}", "min: 100, severity: blocked}")
        assert wrong != draft.manifest
        actions.save_draft(ann, draft, wrong, draft.recipe, 1)
    build = actions.request_build(ann, draft)
    work()
    build.refresh_from_db()
    release = build.release
    if part != "quality":
        release.document["evidence"][part] = "blocked"
    with pytest.raises(RefusedError) as error:
        actions.publish_release(ann, release)
    assert error.value.code == "server.workshop.not_publishable"
    release.document["synthetic"] = True
    assert bool(obstacles(ann, release)) == (part != "privacy"), "made-up people may be shown"
    assert error.value.data["reasons"] == [
        {"code": "server.workshop.evidence_blocked", "severity": "blocked", "data": {"part": part}}
    ]


def test_a_version_that_is_released_is_not_built_again(ann: Any, draft: Draft, built: Release, work: Work) -> None:
    with pytest.raises(ConflictError) as error:
        actions.request_build(ann, draft)
    assert error.value.code == "server.workshop.version_released"
    newer = draft.manifest.replace("version: 0.1.0", "version: 0.2.0")
    actions.save_draft(ann, draft, newer, draft.recipe, draft.revision)
    build = actions.request_build(ann, draft)
    assert actions.request_build(ann, draft) == build
    assert work() == ["done"]
    assert [release.version for release in queries.versions_of(ann, "my-stops")] == ["0.2.0", "0.1.0"]


def test_sharing_names_members_only_and_not_without_end(
    ann: Any, draft: Draft, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_person("new@example.org", verified=False)
    for email in ("nobody@example.org", "new@example.org", ""):
        with pytest.raises(MissingError):
            actions.share_draft(ann, draft, email)
    with pytest.raises(ConflictError):
        actions.share_draft(ann, draft, "ann@example.org")
    monkeypatch.setattr(actions, "SHARES_AN_HOUR", 1)
    make_person("one@example.org")
    actions.share_draft(ann, draft, "one@example.org")
    with pytest.raises(LimitError):
        actions.share_draft(ann, draft, "one@example.org")
    assert DraftShare.objects.count() == 1


def test_an_account_that_ends_takes_its_drafts_along_and_leaves_its_releases(
    ann: Any, bob: Any, draft: Draft, built: Release
) -> None:
    from dataferry.server.people.personal_data import export_all
    from dataferry.server.workshop import personal_data

    actions.share_draft(ann, draft, "bob@example.org")
    waiting = actions.start_draft(ann, "second", draft.manifest.replace("my-stops", "second"), draft.recipe)
    build = actions.request_build(ann, waiting)
    told = export_all(ann)["rooms"]["workshop"]
    assert [each["slug"] for each in told["drafts"]] == ["my-stops", "second"]
    assert told["products"] == ["my-stops", "second"]
    assert export_all(bob)["rooms"]["workshop"]["shared_with_me"] == [{"draft": "my-stops", "may_edit": False}]
    with transaction.atomic():
        personal_data.erase(ann)
    build = Build.objects.select_related("job").get(pk=build.pk)
    assert (build.state, build.manifest, build.draft) == ("cancelled", "", None)
    assert not Draft.objects.exists()
    assert list(Product.objects.values_list("slug", flat=True)) == ["my-stops"]
    assert Release.objects.get() == built


ROLES = ("owner", "editor", "reader", "other", "unverified", "visitor", "administrator")
ALLOWED = {
    "see": {"owner", "editor", "reader"},
    "save": {"owner", "editor"},
    "build": {"owner"},
    "cancel": {"owner", "editor", "administrator"},
    "share": {"owner"},
    "remove": {"owner"},
    "publish": {"owner"},
    "open": {"owner", "editor", "reader", "other", "administrator"},
}
"""Who may do what to a draft of the owner's, on a dataset that is the owner's alone."""

TRIES: dict[str, Callable[[Any, Draft, Release], Any]] = {
    "see": lambda user, _draft, _release: queries.draft_of(user, "my-stops"),
    "save": lambda user, draft, _: actions.save_draft(user, draft, draft.manifest, draft.recipe, draft.revision),
    "build": lambda user, draft, _release: actions.request_build(user, draft),
    "cancel": lambda user, _draft, _release: actions.cancel_build(user, Build.objects.get(job__state="queued")),
    "share": lambda user, draft, _release: actions.share_draft(user, draft, "other@example.org"),
    "remove": lambda user, draft, _release: actions.remove_draft(user, draft),
    "publish": lambda user, _draft, release: actions.publish_release(user, release),
    "open": lambda user, _draft, _release: actions.open_draft(user, None, f"new-{user.pk}"),
}


@pytest.mark.parametrize("act", ALLOWED)
def test_who_may_do_what(act: str, ann: Any, bob: Any, draft: Draft, built: Release, work: Work) -> None:
    reader = make_person("reader@example.org")
    people = {
        "owner": ann,
        "editor": bob,
        "reader": reader,
        "other": make_person("other@example.org"),
        "unverified": make_person("late@example.org", verified=False),
        "visitor": AnonymousUser(),
        "administrator": make_person("chief@example.org", "administrator"),
    }
    actions.share_draft(ann, draft, "bob@example.org", may_edit=True)
    actions.share_draft(ann, draft, "reader@example.org")
    newer = draft.manifest.replace("version: 0.1.0", "version: 0.2.0")
    actions.save_draft(ann, draft, newer, draft.recipe, draft.revision)
    allowed = set()
    for role in sorted(ROLES, key=lambda role: role == "owner"):
        user = people[role]
        predicates.forget(user)
        now = Draft.objects.prefetch_related("shares").get(slug="my-stops")
        if act == "cancel":
            Build.objects.filter(job__state="queued").first() or actions.request_build(ann, now)
        try:
            TRIES[act](user, now, built)
        except (RefusedError, MissingError, InputError):
            continue
        allowed.add(role)
    assert allowed == ALLOWED[act]
