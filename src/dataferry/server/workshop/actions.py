"""Every change of state of the workshop. One function owns each; pages, API, jobs and commands call it."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from django.contrib.auth.models import User
from django.db import IntegrityError, transaction
from django.db.models import F
from django.utils import timezone

from dataferry.messages import InputError, LimitError, MissingError
from dataferry.products.outline import outline
from dataferry.products.places import add_input
from dataferry.products.yaml_file import MAX_BYTES
from dataferry.server import jobs, journal, people
from dataferry.server.catalogue.models import Snapshot
from dataferry.server.web.api import ConflictError
from dataferry.server.workshop import attaching, checks, publishing
from dataferry.server.workshop.models import OPEN, Build, Draft, DraftShare, Product, Publication, Release
from dataferry.server.workshop.pace import spend
from dataferry.server.workshop.registering import publish, register_release

__all__ = [
    "add_snapshot",
    "cancel_build",
    "open_draft",
    "publish_release",
    "register_release",
    "remove_draft",
    "request_build",
    "save_draft",
    "share_draft",
    "start_draft",
    "unshare_draft",
]

BUILD = "workshop.build_product"
MOST_RECIPE = 100_000
MOST_DRAFTS = 500
MOST_SHARES = 50
SHARES_AN_HOUR = 30
_SLUG = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")


def open_draft(
    user: Any, snapshots: Sequence[Snapshot] | None, slug: str, title: Mapping[str, str] | str | None = None
) -> Draft:
    """Start a product: a draft that passes the first snapshot on, column by column, and builds at once.

    Raises:
        InputError: `server.workshop.bad_slug`.
        ConflictError: `server.workshop.slug_taken`, `server.workshop.draft_there`.
        RefusedError: not a member. MissingError: a snapshot that the person may not see.
    """
    people.require(user, "workshop.open_draft")
    chosen = list(snapshots or ())
    inputs, taken = [], set[str]()
    for snapshot in chosen:
        _require_visible(user, snapshot)
        inputs.append(attaching.outlined(snapshot, taken))
        taken.add(inputs[-1].name)
    called = {"en": title, "zh-Hant": title, "zh-Hans": title} if isinstance(title, str) else title
    _check_slug(slug)
    manifest, recipe = outline(slug, inputs, title=called or None, cities=attaching.cities_of(chosen))
    return start_draft(user, slug, manifest, recipe)


def start_draft(user: Any, slug: str, manifest: str, recipe: str) -> Draft:
    """Start a product from its texts, as a push does; errors as `open_draft`."""
    people.require(user, "workshop.open_draft")
    _check_slug(slug)
    _check_sizes(manifest, recipe)
    with transaction.atomic():
        product = _claim(user, slug)
        title = checks.title_of(manifest)
        draft = Draft.objects.create(
            slug=slug, product=product, owner=user, title=title, manifest=manifest, recipe=recipe
        )
        attaching.tie_inputs(user, draft)
        journal.append(people.actor(user), "workshop.draft_opened", f"product:{slug}", {"draft": draft.pk})
    return draft


def _claim(user: Any, slug: str) -> Product:
    """The product of this name, from now on this person's. The unique name decides between two who come together."""
    if Draft.objects.filter(owner=user).count() >= MOST_DRAFTS:
        raise LimitError("server.workshop.too_many_drafts", limit=MOST_DRAFTS)
    product = Product.objects.filter(slug=slug).first()
    if product is None:
        try:
            with transaction.atomic():
                return Product.objects.create(slug=slug, owner=user)
        except IntegrityError:
            product = Product.objects.get(slug=slug)
    if product.owner_id != user.pk:
        raise ConflictError("server.workshop.slug_taken", slug=slug)
    if Draft.objects.filter(product=product).exists():
        raise ConflictError("server.workshop.draft_there", slug=slug)
    return product


def _check_slug(slug: str) -> None:
    if not _SLUG.fullmatch(slug) or len(slug) > 64:
        raise InputError("server.workshop.bad_slug", slug=slug[:80])


def _check_sizes(manifest: str, recipe: str) -> None:
    for file, text, most in (("product.yaml", manifest, MAX_BYTES), ("recipe.sql", recipe, MOST_RECIPE)):
        if len(text.encode("utf-8", "replace")) > most:
            raise LimitError("server.workshop.text_too_long", file=file, limit=most)


def _require_visible(user: Any, snapshot: Snapshot) -> None:
    if not attaching.may_use(user, snapshot):
        raise MissingError("server.workshop.no_snapshot", snapshot=snapshot.sha256[:12])


def save_draft(user: Any, draft: Draft, manifest: str, recipe: str, revision: int) -> Draft:
    """Save the texts of a draft, if nobody saved it since `revision`; they may be wrong (see `checks.check_draft`).

    Raises:
        ConflictError: `server.workshop.draft_changed`, with `yours` and `theirs`, the two revisions.
    """
    people.require(user, "workshop.change_draft", draft)
    _check_sizes(manifest, recipe)
    manifest, recipe = (text.replace("\r\n", "\n") for text in (manifest, recipe))
    with transaction.atomic():
        changes: dict[str, Any] = {"manifest": manifest, "recipe": recipe, "revision": F("revision") + 1}
        title = checks.title_of(manifest)
        changes |= {"title": title} if title else {}
        rows = Draft.objects.filter(pk=draft.pk, revision=revision)
        if not rows.update(updated_at=timezone.now(), **changes):
            _tell_conflict(draft, revision)
        draft.refresh_from_db()
        attaching.tie_inputs(user, draft)
    return draft


def _tell_conflict(draft: Draft, revision: int) -> None:
    now = Draft.objects.filter(pk=draft.pk).first()
    if now is None:
        raise MissingError("server.workshop.no_draft", slug=draft.slug)
    raise ConflictError("server.workshop.draft_changed", slug=draft.slug, yours=revision, theirs=now.revision)


def add_snapshot(user: Any, draft: Draft, snapshot: Snapshot, revision: int) -> Draft:
    """Add a snapshot of the catalogue to a draft's inputs, as a table of its recipe.

    Raises:
        ConflictError: as `save_draft`. ManifestError: product.yaml is not readable as it is.
        MissingError: the person may not see the snapshot.
    """
    people.require(user, "workshop.change_draft", draft)
    _require_visible(user, snapshot)
    declared = attaching.declared_inputs(draft.manifest) or {}
    given = attaching.outlined(snapshot, set(declared))
    return save_draft(user, draft, add_input(draft.manifest, given), draft.recipe, revision)


def remove_draft(user: Any, draft: Draft) -> None:
    """Remove a draft. Releases made of it stay; the name is free again where there is none.

    Raises:
        ConflictError: `server.workshop.build_open`, it is being built.
    """
    people.require(user, "workshop.remove_draft", draft)
    with transaction.atomic():
        locked = Draft.objects.select_for_update().filter(pk=draft.pk).first()
        if locked is None:
            raise MissingError("server.workshop.no_draft", slug=draft.slug)
        if locked.builds.filter(job__state__in=OPEN).exists():
            raise ConflictError("server.workshop.build_open", slug=draft.slug)
        product = locked.product
        locked.delete()
        if not product.releases.exists():
            product.delete()
        journal.append(people.actor(user), "workshop.draft_removed", f"product:{draft.slug}", {"draft": draft.pk})


def share_draft(user: Any, draft: Draft, email: str, may_edit: bool = False) -> DraftShare:
    """Let a member, named by the verified e-mail address of their account, see (or change) a draft.

    Raises:
        MissingError: `server.workshop.no_member`. ConflictError: `server.workshop.own_draft`.
        LimitError: too many tries in a minute, shares in an hour, or shares of one draft.
    """
    people.require(user, "workshop.share_draft", draft)
    # Whether an address belongs to a member is told to nobody who only wants to know.
    spend(user, "share")
    hour = timezone.now() - timedelta(hours=1)
    mine = DraftShare.objects.filter(draft__owner=user, shared_at__gt=hour)
    if mine.count() >= SHARES_AN_HOUR or draft.shares.count() >= MOST_SHARES:
        raise LimitError("server.workshop.too_many_shares", limit=SHARES_AN_HOUR)
    other = User.objects.filter(
        emailaddress__email__iexact=email.strip()[:254], emailaddress__verified=True, is_active=True
    ).first()
    if other is None:
        raise MissingError("server.workshop.no_member")
    if other.pk == draft.owner_id:
        raise ConflictError("server.workshop.own_draft")
    share, _new = DraftShare.objects.update_or_create(draft=draft, user=other, defaults={"may_edit": may_edit})
    return share


def unshare_draft(user: Any, draft: Draft, share_id: int) -> None:
    """Take a share back; the person it was given to may also leave by themselves.

    Raises:
        MissingError: `server.workshop.no_share`.
    """
    share = DraftShare.objects.filter(draft=draft, pk=share_id).first()
    if share is None:
        raise MissingError("server.workshop.no_share")
    if share.user_id != user.pk:
        people.require(user, "workshop.share_draft", draft)
    share.delete()


def request_build(user: Any, draft: Draft) -> Build:
    """Ask for a build of a draft as it is now. While one is open, that one is the answer.

    Raises:
        InputError: `server.workshop.not_ready`, with `problems`: what must be put right first.
    """
    people.require(user, "workshop.build_draft", draft)
    checks.require_ready(user, draft)
    sources = attaching.sources(draft)
    inputs = {
        name: {"release" if isinstance(source, Release) else "snapshot": source.pk} for name, source in sources.items()
    }
    with transaction.atomic():
        # Two who ask at once wait for each other here; the second finds the first one's build.
        Draft.objects.select_for_update().get(pk=draft.pk)
        known = Build.objects.filter(draft=draft, job__state__in=OPEN).select_related("job").first()
        if known is not None:
            return known
        key = f"product:{draft.slug}"
        job = jobs.enqueue(BUILD, subject=key, payload={}, asked_by=user.pk)
        return Build.objects.create(
            draft=draft,
            product=draft.product,
            revision=draft.revision,
            slug=draft.slug,
            version=checks.version_of(draft.manifest),
            manifest=draft.manifest,
            recipe=draft.recipe,
            inputs=inputs,
            title=draft.title,
            job=job,
        )


def cancel_build(user: Any, build: Build) -> Build:
    """Cancel a build: one that waits at once, one that runs at its next word.

    Raises:
        RefusedError: `server.jobs.ended`, it has ended already.
    """
    people.require(user, "workshop.cancel_build", build)
    if build.job_id is None:
        raise ConflictError("server.workshop.build_ended", build=build.pk)
    build.job = jobs.cancel(build.job_id, user.pk)
    return build


def publish_release(user: Any, release: Release) -> Publication:
    """Open a release to everybody. It stays open: a correction is a new version.

    Raises:
        RefusedError: `server.workshop.not_publishable`, with `reasons` (see docs/reference/publishing.md).
    """
    people.require(user, "workshop.publish_release", release.product)
    publishing.require_publishable(user, release)
    with transaction.atomic():
        return publish(release, user, people.actor(user))
