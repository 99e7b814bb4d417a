"""The pages on which a draft is written: recipe, description and inputs."""

from __future__ import annotations

import difflib
from collections import Counter
from collections.abc import Mapping
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from dataferry.messages import DataferryError
from dataferry.server import people
from dataferry.server.web.problems import ConflictError
from dataferry.server.workshop import actions, draft_queries, draft_tries, draft_view, manifest_text, queries
from dataferry.server.workshop.draft_errors import draft_page, tell
from dataferry.server.workshop.draft_view import FILES, MANIFEST, RECIPE
from dataferry.server.workshop.forms import WordsForm
from dataferry.server.workshop.models import Draft

PAGES: Mapping[str, str] = {RECIPE: "draft", MANIFEST: "draft-description"}
TEMPLATES: Mapping[str, str] = {RECIPE: "workshop/draft_recipe.html", MANIFEST: "workshop/draft_description.html"}
MOST_COMPARED = 2000
CONTEXT_LINES = 3


@draft_page
@require_http_methods(["GET", "HEAD", "POST"])
def recipe(request: HttpRequest, slug: str) -> HttpResponse:
    """The recipe in the editor; posted with `act`: check, preview, explain, save or build."""
    draft = queries.draft_of(request.user, slug)
    if request.method == "POST":
        return _act(request, draft, RECIPE)
    return _written(request, draft, RECIPE, draft.recipe)


@draft_page
@require_http_methods(["GET", "HEAD", "POST"])
def description(request: HttpRequest, slug: str) -> HttpResponse:
    """product.yaml in the editor, and a form for its commonest parts; posted with `act`: check, save, columns, words or
    build."""
    draft = queries.draft_of(request.user, slug)
    if request.method != "POST":
        return _written(request, draft, MANIFEST, draft.manifest)
    if request.POST.get("act") == "words":
        return _write_words(request, draft)
    return _act(request, draft, MANIFEST)


def _act(request: HttpRequest, draft: Draft, field: str) -> HttpResponse:
    """What one of the buttons beside the editor asks for."""
    text = request.POST.get(field, "").replace("\r\n", "\n")
    act = request.POST.get("act", "save")
    if act in draft_tries.TRIES:
        return _tried(request, draft, field, text, act)
    if act == "columns" and field == MANIFEST:
        return _suggest_columns(request, draft, text)
    try:
        draft = save(request, draft, field, text)
    except ConflictError:
        return _conflict(request, draft, field, text)
    except DataferryError as error:
        if error.http_status in (403, 404):
            raise
        return _written(request, draft, field, text, {"problems": [_said(error, draft)], "act": act}, status=422)
    if act == "build":
        return request_build(request, draft)
    messages.success(request, _("Saved as revision %(number)s.") % {"number": draft.revision})
    return redirect(PAGES[field], slug=draft.slug)


def save(request: HttpRequest, draft: Draft, field: str, text: str) -> Draft:
    """Save one text of a draft. Where only the other one was saved meanwhile, nothing collides.

    Raises:
        ConflictError: this text was saved by somebody else since the page was opened.
    """
    revision = _revision(request)
    if revision != draft.revision and request.POST.get("base") == draft_view.fingerprint(getattr(draft, field)):
        revision = draft.revision
    texts = {MANIFEST: draft.manifest, RECIPE: draft.recipe, field: text}
    if texts[field] == getattr(draft, field) and revision == draft.revision:
        # Nothing to keep; whoever may not write hears so all the same.
        people.require(request.user, "workshop.change_draft", draft)
        return draft
    return actions.save_draft(request.user, draft, texts[MANIFEST], texts[RECIPE], revision)


def _revision(request: HttpRequest) -> int:
    text = request.POST.get("revision", "")
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 10 else 0


def _said(error: DataferryError, draft: Draft) -> draft_view.Problem:
    return draft_view.problems_of(draft_view.error_json(error), draft)[0]


def _tried(request: HttpRequest, draft: Draft, field: str, text: str, act: str) -> HttpResponse:
    """A check, preview or plan of the text as it stands in the editor, saved or not."""
    outcome = draft_tries.tried(request.user, draft, act, **{field: text})
    if request.headers.get("HX-Request") == "true":
        return render(request, "workshop/_draft_results.html", {"draft": draft, "field": field, **outcome})
    return _written(request, draft, field, text, outcome)


def _written(
    request: HttpRequest,
    draft: Draft,
    field: str,
    text: str,
    outcome: Mapping[str, Any] | None = None,
    status: int = 200,
    words_form: WordsForm | None = None,
) -> HttpResponse:
    """The page of one text, with the text as it stands in the editor and what came of trying it."""
    part = "recipe" if field == RECIPE else "description"
    context = {
        **draft_view.frame(request, draft, part),
        field: text,
        "field": field,
        "base": draft_view.fingerprint(getattr(draft, field)),
        **(outcome or {}),
    }
    if field == RECIPE:
        shown = draft_view.tables(draft_queries.inputs_of(draft))
        context |= {"tables": shown, "names": draft_view.names(shown), "tools": draft_tries.tools()}
    else:
        context["words_form"] = words_form or _words_form(draft)
    return render(request, TEMPLATES[field], context, status=status)


def _words_form(draft: Draft, data: Any = None) -> WordsForm | None:
    """The form of the commonest parts; None while product.yaml cannot be read."""
    from dataferry.products.licence import licence_ids

    try:
        parts = manifest_text.plain_parts(draft.manifest)
    except DataferryError:
        return None
    return WordsForm(data, parts=parts, licences=sorted(licence_ids()))


def _write_words(request: HttpRequest, draft: Draft) -> HttpResponse:
    form = _words_form(draft, request.POST)
    if form is None or not form.is_valid():
        return _written(request, draft, MANIFEST, draft.manifest, status=422, words_form=form)
    return _rewritten(request, draft, draft.manifest, manifest_text.with_parts(draft.manifest, form.parts()))


def _suggest_columns(request: HttpRequest, draft: Draft, text: str) -> HttpResponse:
    """Save product.yaml with the columns that the recipe gives."""
    try:
        columns = draft_tries.columns_given(request.user, draft, text)
        written = manifest_text.with_columns(text, columns)
    except DataferryError as error:
        if error.http_status in (403, 404):
            raise
        problems = draft_view.problems_of(draft_view.error_json(error), draft)
        return _written(request, draft, MANIFEST, text, {"problems": problems, "act": "columns"})
    return _rewritten(request, draft, text, written)


def _rewritten(request: HttpRequest, draft: Draft, before: str, written: str) -> HttpResponse:
    """Save product.yaml as the server wrote it and say how much of it changed."""
    try:
        draft = save(request, draft, MANIFEST, written)
    except ConflictError:
        return _conflict(request, draft, MANIFEST, written)
    changed = (Counter(written.splitlines()) - Counter(before.splitlines())).total()
    told = _("product.yaml was rewritten: %(count)s lines are new or changed.") % {"count": changed}
    messages.success(request, told if changed else _("product.yaml says this already; nothing was changed."))
    return redirect("draft-description", slug=draft.slug)


def _conflict(request: HttpRequest, draft: Draft, field: str, yours: str) -> HttpResponse:
    """Both texts, for the person to choose. Nothing was saved."""
    draft = queries.draft_of(request.user, draft.slug)
    saved = getattr(draft, field)
    context = {
        **draft_view.frame(request, draft, "recipe" if field == RECIPE else "description"),
        "field": field,
        "file": FILES[field],
        "language": "sql" if field == RECIPE else "yaml",
        "address": reverse(PAGES[field], args=[draft.slug]),
        "yours": yours,
        "saved": saved,
        "base": draft_view.fingerprint(saved),
        "difference": difference(saved, yours),
    }
    return render(request, "workshop/draft_conflict.html", context, status=409)


def difference(saved: str, yours: str) -> list[tuple[str, str]]:
    """The lines that differ with three lines around them: kind (`-`, `+`, `@` or blank) and text.

    Of very long texts the beginning only: comparing takes more than proportional time, and the texts are anybody's.
    """
    before, after = (text.splitlines()[:MOST_COMPARED] for text in (saved, yours))
    lines = list(difflib.unified_diff(before, after, lineterm="", n=CONTEXT_LINES))[2:]
    return [("@", line) if line.startswith("@@") else (line[:1], line[1:]) for line in lines]


def request_build(request: HttpRequest, draft: Draft) -> HttpResponse:
    """Ask for a build and lead to its progress; where the draft is not ready, to the list of what to put right."""
    try:
        build = actions.request_build(request.user, draft)
    except ConflictError as error:
        tell(request, error)
        return redirect("draft-description", slug=draft.slug)
    except DataferryError as error:
        if error.http_status in (403, 404):
            raise
        problems = draft_view.problems_of(draft_view.error_json(error), draft)
        return _written(request, draft, RECIPE, draft.recipe, {"problems": problems, "act": "build"}, status=422)
    return redirect("draft-build-page", slug=draft.slug, number=build.pk)
