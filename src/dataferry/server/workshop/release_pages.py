"""Publishing a release, and comparing two releases of a product."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from dataferry.messages import RefusedError
from dataferry.server import people
from dataferry.server.display.evidence import Chip, chips, findings
from dataferry.server.display.languages import page_language
from dataferry.server.workshop import actions, publishing, queries
from dataferry.server.workshop.draft_errors import draft_page, tell
from dataferry.server.workshop.models import Release


@dataclass(frozen=True)
class Reason:
    """One thing that speaks for or against publishing."""

    state: str
    text: str
    address: str = ""


@draft_page
@require_http_methods(["GET", "HEAD", "POST"])
def publish(request: HttpRequest, slug: str, version: str) -> HttpResponse:
    """What the evidence says for and against; posted, the release is open to everybody and stays so."""
    release = queries.release_or_missing(request.user, slug, version)
    people.require(request.user, "workshop.publish_release", release.product)
    if hasattr(release, "publication"):
        return redirect("release", slug=slug, version=version)
    if request.method == "POST" and request.POST.get("sure") == "yes":
        return _published(request, release)
    obstacles = publishing.obstacles(request.user, release)
    against, fors = reasons(release.document, chips(release.document["evidence"]))
    context = {
        "section": "products",
        "release": release,
        "document": release.document,
        "chips": chips(release.document["evidence"]),
        "obstacles": findings([each.to_json() for each in obstacles], page_language()),
        "against": against,
        "fors": fors,
        "unsure": request.method == "POST",
    }
    return render(request, "workshop/draft_publish.html", context, status=422 if request.method == "POST" else 200)


def _published(request: HttpRequest, release: Release) -> HttpResponse:
    slug, version = release.product.slug, release.version
    try:
        actions.publish_release(request.user, release)
    except RefusedError as error:
        tell(request, error)
        return redirect("release-publish", slug=slug, version=version)
    messages.success(request, _("Version %(version)s is published: everybody can see it.") % {"version": version})
    return redirect("release", slug=slug, version=version)


def reasons(document: Mapping[str, Any], strip: list[Chip]) -> tuple[list[Reason], list[Reason]]:
    """What speaks against publishing and what for it, from the release's own evidence."""
    against: list[Reason] = []
    fors: list[Reason] = []
    words = {
        "clear": _("%(part)s: nothing stands against it."),
        "attention": _("%(part)s: something needs attention."),
        "blocked": _("%(part)s: blocked."),
        "unknown": _("%(part)s: nobody has judged it yet; readers see it as unknown."),
    }
    for chip in strip:
        text = words.get(chip.state, words["unknown"]) % {"part": chip.title}
        (fors if chip.state == "clear" else against).append(Reason(chip.state, text, f"#evidence-{chip.name}"))
    if document.get("synthetic"):
        against.append(Reason("attention", _("It contains synthetic sample data, and every page says so.")))
    if not (document.get("licence_verdict") or {}).get("listable"):
        text = _("The terms of its inputs do not allow it to be listed on the exchange; it can be read all the same.")
        against.append(Reason("attention", text, "#evidence-licence"))
    fors.append(Reason("clear", _("The same inputs and recipe give this digest on any machine.")))
    return against, fors
