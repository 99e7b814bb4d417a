"""The judge's own desk: what there is to score, one entry beside its rubric, the signature. Judges see `blind` only."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import wraps
from typing import Any

from csp.decorators import csp_replace
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.clickjacking import xframe_options_sameorigin
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from dataferry.messages import DataferryError, MissingError, RefusedError
from dataferry.server import people
from dataferry.server.challenge import neutral_files
from dataferry.server.challenge.actions import panels, scoring
from dataferry.server.challenge.forms.judging import LeakForm, RecusalForm, SignForm
from dataferry.server.challenge.models import ScoreSheet
from dataferry.server.challenge.queries import blind, desk_view
from dataferry.server.challenge.queries import sheets as queries
from dataferry.server.display.words import TAGS
from dataferry.server.people.pages.answers import telling_form
from dataferry.server.people.permissions import signed_in_person
from dataferry.server.web.files import serve
from dataferry.server.web.problems import ConflictError

Page = Callable[..., HttpResponseBase]
PDF_VIEWER = {"default-src": ["'self'"], "style-src": ["'self'", "'unsafe-inline'"], "frame-ancestors": ["'self'"]}


def judge_page(page: Page) -> Page:
    """For signed-in people; nothing of it is kept by a browser or a proxy."""

    @wraps(page)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        return page(request, *args, **kwargs)

    return never_cache(people.signed_in(guarded))


@judge_page
@require_GET
def desk(request: HttpRequest) -> HttpResponse:
    """Everything that lies on this judge's desk, by round, in the judge's own order."""
    user = signed_in_person(request)
    groups = desk_view.groups(user)
    if groups is None:
        raise RefusedError("server.challenge.no_panel")
    return render(request, "challenge/desk_list.html", {"groups": groups})


@judge_page
@require_http_methods(["GET", "HEAD", "POST"])
def sheet(request: HttpRequest, number: int) -> HttpResponse:
    """One entry beside its rubric; posted: save, and go on to sign or to the next."""
    user = signed_in_person(request)
    row = queries.own_sheet(user, number)
    if request.method == "POST":
        return _posted(request, row)
    row = _opened(request, row)
    return _sheet_page(request, row)


def _opened(request: HttpRequest, row: ScoreSheet) -> ScoreSheet:
    try:
        scoring.open_sheet(request.user, row)
    except RefusedError as error:
        # Shown all the same: the page says why it takes no scores.
        messages.error(request, error.text())
    return queries.own_sheet(request.user, row.pk)


def _sheet_page(
    request: HttpRequest,
    row: ScoreSheet,
    typed: Mapping[str, Any] | None = None,
    error: DataferryError | None = None,
    status: int = 200,
) -> HttpResponse:
    entry = blind.blind_entry(row)
    context = {
        "sheet": row,
        "entry": entry,
        "summaries": [(TAGS.get(language, language), text) for language, text in entry.summary.items()],
        "round_title": desk_view.round_title(row.round),
        "rubric": desk_view.rubric_lines(row, typed, error),
        "standing": desk_view.standing(row),
        "comments": {name: (typed or {}).get(name, getattr(row, name)) for name in ("comment_team", "comment_panel")},
        "places": desk_view.places(request.user, row),
        "anonymous": queries.is_anonymous(row.round),
        "error": error,
        "words": desk_view.script_words(),
        "conflict": isinstance(error, ConflictError),
        "reopening": desk_view.reopening_of(row),
    }
    return render(request, "challenge/desk_sheet.html", context, status=status)


def _typed(request: HttpRequest) -> dict[str, Any]:
    """What the judge wrote, as it was sent."""
    posted = request.POST
    scores = {name.removeprefix("score-"): posted[name] for name in posted if name.startswith("score-")}
    comments = {name: posted.get(name, "") for name in ("comment_team", "comment_panel")}
    return {"scores": scores, **comments}


def _revision(request: HttpRequest) -> int:
    text = request.POST.get("revision", "")
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 10 else 0


def _saved(request: HttpRequest, row: ScoreSheet) -> ScoreSheet:
    typed = _typed(request)
    return scoring.save_sheet(
        request.user, row, _revision(request), typed["scores"], typed["comment_team"], typed["comment_panel"]
    )


def _posted(request: HttpRequest, row: ScoreSheet) -> HttpResponse:
    try:
        _saved(request, row)
    except MissingError:
        raise
    except DataferryError as error:
        fresh = queries.own_sheet(request.user, row.pk)
        return _sheet_page(request, fresh, _typed(request), error, error.http_status)
    act = request.POST.get("act", "save")
    if act == "sign":
        return redirect("challenge-desk-sign", number=row.pk)
    messages.success(request, _("Saved."))
    if act == "next" and (following := desk_view.places(request.user, row)["next"]):
        return redirect("challenge-desk-sheet", number=following)
    return redirect("challenge-desk-sheet", number=row.pk)


@never_cache
@require_POST
def save(request: HttpRequest, number: int) -> HttpResponse:
    """The same for the desk's script: it sends what was typed, and is told what stands now. Answers JSON only."""
    try:
        people.require(request.user, "people.use_account")
        row = queries.own_sheet(request.user, number)
        try:
            kept = _saved(request, row)
        except ConflictError as error:
            fresh = queries.own_sheet(request.user, number)
            return _told(error, {"theirs": desk_view.as_saved(fresh)})
    except DataferryError as error:
        return _told(error)
    return JsonResponse({**desk_view.as_saved(kept), "standing": desk_view.standing(kept).to_json()})


def _told(error: DataferryError, more: Mapping[str, Any] | None = None) -> JsonResponse:
    body = {"code": error.code, "message": error.text(), "field": str(error.data.get("field", "")), **(more or {})}
    return JsonResponse(body, status=error.http_status)


@judge_page
@require_http_methods(["GET", "HEAD", "POST"])
def sign(request: HttpRequest, number: int) -> HttpResponse:
    """What is about to be signed, word for word and figure for figure; posted: signed."""
    row = queries.own_sheet(request.user, number)
    form = SignForm(request.POST or None, initial={"revision": row.revision})
    if request.method == "POST" and form.is_valid():
        with telling_form(form):
            scoring.sign_sheet(request.user, row, form.cleaned_data["revision"])
            messages.success(request, _("Entry %(code)s is signed.") % {"code": row.entry.code})
            following = desk_view.places(request.user, row)["todo"]
            if following:
                return redirect("challenge-desk-sheet", number=following)
            return redirect("challenge-desk")
        row = queries.own_sheet(request.user, number)
        form.data = {"revision": str(row.revision)}
    context = {
        "sheet": row,
        "entry": {"code": row.entry.code, "title": blind.headline(row)},
        "rubric": desk_view.rubric_lines(row),
        "standing": desk_view.standing(row),
        "form": form,
    }
    return render(request, "challenge/desk_sign.html", context, status=422 if form.errors else 200)


@judge_page
@require_http_methods(["GET", "HEAD", "POST"])
def recuse(request: HttpRequest, number: int) -> HttpResponse:
    """Give an entry back, with a reason."""
    row = queries.own_sheet(request.user, number)
    form = RecusalForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        with telling_form(form):
            scoring.recuse(request.user, row, form.cleaned_data["reason"])
            messages.success(request, _("You do not judge entry %(code)s any more.") % {"code": row.entry.code})
            return redirect("challenge-desk")
    return _reason_page(request, row, form, "challenge/desk_recuse.html")


@judge_page
@require_http_methods(["GET", "HEAD", "POST"])
def report(request: HttpRequest, number: int) -> HttpResponse:
    """Say that an entry of an anonymous round shows who made it."""
    row = queries.own_sheet(request.user, number)
    form = LeakForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        with telling_form(form):
            panels.report_anonymity(request.user, row.entry, form.cleaned_data["reason"])
            messages.success(request, _("Thank you. The organisers have your report."))
            return redirect("challenge-desk-sheet", number=row.pk)
    return _reason_page(request, row, form, "challenge/desk_report.html")


def _reason_page(request: HttpRequest, row: ScoreSheet, form: Any, template: str) -> HttpResponse:
    context = {"sheet": row, "entry": {"code": row.entry.code, "title": blind.headline(row)}, "form": form}
    return render(request, template, context, status=422 if form.is_bound else 200)


@people.signed_in
@require_http_methods(["GET", "HEAD"])
@xframe_options_sameorigin
@csp_replace(PDF_VIEWER)
def file(request: HttpRequest, number: int, position: int) -> HttpResponseBase:
    """A file of an entry, for its judge only: a neutral name, and in an anonymous round without its own metadata."""
    return answer_file(request, queries.own_sheet(request.user, number), position)


def answer_file(request: HttpRequest, row: ScoreSheet, position: int) -> HttpResponseBase:
    """The bytes of a file of the entry of a judge's own sheet; nothing of the answer says where they come from."""
    artefact = blind.artefact_of(row, position)
    if artefact is None:
        raise MissingError("server.challenge.no_sheet", sheet=row.pk)
    shown = neutral_files.for_judges(artefact, anonymous=queries.is_anonymous(row.round))
    moment = row.assigned_at.replace(minute=0, second=0, microsecond=0).timestamp()
    answer = serve(request, shown.path, shown.sha256, moment)
    answer["Content-Type"] = shown.media_type
    answer["Content-Disposition"] = f'inline; filename="{blind.neutral_name(row, artefact)}"'
    answer["X-Content-Type-Options"] = "nosniff"
    answer["Cache-Control"] = "private, no-store"
    return answer
