"""The organisers' pages of an edition: begin one, write its file, see what it lacks, answer for values, announce."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from dataferry.messages import DataferryError, Finding
from dataferry.server.challenge.actions import editions as actions
from dataferry.server.challenge.edition_file import EditionFile, findings_of, lines_of, text_from_preset, unfilled
from dataferry.server.challenge.edition_file.problems import EditionFileError
from dataferry.server.challenge.forms.editions import NewEditionForm
from dataferry.server.challenge.models import Edition
from dataferry.server.challenge.pages.edition_doors import organisers_page
from dataferry.server.challenge.pages.edition_view import Origin, origin_of, title_of
from dataferry.server.challenge.pages.editions import frame
from dataferry.server.challenge.queries import editions as queries
from dataferry.server.challenge.states import TRANSITIONS, EditionState, Life
from dataferry.server.display.languages import page_language
from dataferry.server.web.problems import ConflictError
from dataferry.server.workshop.draft_view import editor_words

CHANGE = organisers_page("challenge.change_edition")


@dataclass(frozen=True)
class Problem:
    """A finding at its line, as the editor's list shows it."""

    line: int
    field: str
    text: str
    severity: str


@dataclass(frozen=True)
class Lacking:
    """A value that is to be filled in."""

    path: str
    line: int
    stops: str
    origin: Origin


@dataclass(frozen=True)
class Open:
    """An unverified value that somebody must answer for."""

    path: str
    value: str
    origin: Origin


@organisers_page("challenge.create_edition")
@require_http_methods(["GET", "HEAD", "POST"])
def new(request: HttpRequest) -> HttpResponse:
    """Choose a preset and a name; posted, the draft is there."""
    form = NewEditionForm(request.POST or None, initial={"preset": "hsodc-current"})
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                text = text_from_preset(form.cleaned_data["preset"], form.cleaned_data["slug"])
                return redirect("edition-setup", slug=actions.create_edition(request.user, text).slug)
            except DataferryError as error:
                status = error.http_status
                form.add_error("slug", error.text(page_language()))
    return render(request, "challenge/edition_new.html", {"section": "challenge", "form": form}, status=status)


@CHANGE
@require_safe
def setup(request: HttpRequest, slug: str) -> HttpResponse:
    """What an edition lacks, what somebody must answer for, and its next step."""
    return _setup(request, queries.edition_of(request.user, slug))


def _setup(request: HttpRequest, edition: Edition, problem: str = "", status: int = 200) -> HttpResponse:
    file = edition.file
    accepted = queries.accepted_paths(edition, file)
    lacking = _lacking(edition, file)
    context = {
        **frame(request, edition),
        "place": "setup",
        "problem": problem,
        "lacking": lacking,
        "to_announce": sum(each.stops == "announce" for each in lacking),
        "open": _open(file, accepted),
        "accepted": edition.acceptances.select_related("accepted_by"),
        "rounds": _rounds(edition, file),
        "steps": _steps(edition),
        "versions": queries.versions_of(edition)[:50],
    }
    return render(request, "challenge/edition_setup.html", context, status=status)


def _lacking(edition: Edition, file: EditionFile) -> list[Lacking]:
    lines, origins = lines_of(queries.newest_version(edition).source), file.origins()
    return [
        Lacking(one.path, _line(lines, one.path), one.stops, origin_of(origins.of(one.path))) for one in unfilled(file)
    ]


def _line(lines: dict[str, int], path: str) -> int:
    """The line of the nearest thing that stands in the file on the way to the path; 0 where none does."""
    while path and path not in lines:
        path = path.rpartition(".")[0]
    return lines[path] if path else 0


def _open(file: EditionFile, accepted: set[str]) -> list[Open]:
    values, origins = file.values(), file.origins()
    return [
        Open(path, _value(values.get(path)), origin_of(origins.of(path)))
        for path in file.unverified()
        if path not in accepted
    ]


def _value(value: Any) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)


def _rounds(edition: Edition, file: EditionFile) -> list[dict[str, Any]]:
    language = page_language()
    return [
        {
            "code": code,
            "title": title_of(file.rounds[code].title, code),
            "findings": [finding.text(language) for finding in findings],
        }
        for code, findings in queries.rounds_ready(edition, file).items()
    ]


def _steps(edition: Edition) -> list[tuple[str, str]]:
    """Where the edition can go from here, besides being announced; giving it up comes last."""
    reachable = TRANSITIONS[Life.EDITION][edition.state]
    return [
        (str(state), str(state.label))
        for state in EditionState
        if state in reachable and state != EditionState.ANNOUNCED
    ]


@CHANGE
@require_http_methods(["GET", "HEAD", "POST"])
def file(request: HttpRequest, slug: str) -> HttpResponse:
    """The file in the editor: posted with `act`, it is checked, saved (a draft) or amended (after the announcement)."""
    edition = queries.edition_of(request.user, slug)
    newest = queries.newest_version(edition)
    if request.method != "POST":
        return _written(request, edition, newest.source, newest.number)
    text = request.POST.get("edition-text", "").replace("\r\n", "\n")
    act = request.POST.get("act", "check")
    if act in ("save", "amend"):
        return _save(request, edition, text, act)
    found = _problems(text)
    if request.headers.get("HX-Request") == "true":
        return render(request, "challenge/_edition_problems.html", {"problems": found, "checked": True})
    return _written(request, edition, text, _seen(request), found, checked=True)


def _save(request: HttpRequest, edition: Edition, text: str, act: str) -> HttpResponse:
    seen, reason = _seen(request), request.POST.get("reason", "")
    try:
        if act == "save":
            actions.change_edition(request.user, edition, text, seen)
            messages.success(request, _("Saved."))
            return redirect("edition-file", slug=edition.slug)
        made = actions.amend(request.user, edition, text, reason, seen)
    except EditionFileError as error:
        shown = [_problem(each) for each in error.problems]
        return _written(request, edition, text, seen, shown, status=422, reason=reason)
    except ConflictError as error:
        return _written(request, edition, text, seen, problem=error.text(page_language()), status=409, reason=reason)
    except DataferryError as error:
        told = error.text(page_language())
        return _written(request, edition, text, seen, problem=told, status=error.http_status, reason=reason)
    messages.success(request, _("The amendment is public."))
    return redirect("edition-amendment", slug=edition.slug, number=made.number)


def _written(
    request: HttpRequest,
    edition: Edition,
    text: str,
    seen: int,
    problems: list[Problem] | None = None,
    *,
    problem: str = "",
    status: int = 200,
    checked: bool = False,
    reason: str = "",
) -> HttpResponse:
    context = {
        **frame(request, edition),
        "place": "file",
        "text": text,
        "seen": seen,
        "problems": problems or [],
        "problem": problem,
        "checked": checked,
        "reason": reason,
        "editor_words": editor_words(),
    }
    return render(request, "challenge/edition_file.html", context, status=status)


def _problems(text: str) -> list[Problem]:
    return [_problem(finding) for finding in findings_of(text)]


def _problem(finding: Finding) -> Problem:
    data = finding.data
    return Problem(
        int(data.get("line", 1)), str(data.get("field", ""))[:200], finding.text(page_language()), finding.severity
    )


def _seen(request: HttpRequest) -> int:
    text = request.POST.get("version", "")
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 10 else 0


@CHANGE
@require_POST
def accept(request: HttpRequest, slug: str) -> HttpResponse:
    """Answer for the chosen unverified values; without the confirmation nothing happens."""
    edition = queries.edition_of(request.user, slug)
    paths = request.POST.getlist("path")[:2000]
    if not paths:
        return _setup(request, edition, _("Choose at least one value."), status=422)
    if request.POST.get("confirmed") != "yes":
        return _setup(request, edition, _("Confirm that the organisers answer for these values."), status=422)
    return _done(request, edition, lambda: actions.accept_unverified(request.user, edition, paths), _("Accepted."))


@CHANGE
@require_POST
def announce(request: HttpRequest, slug: str) -> HttpResponse:
    """Make the draft public, once that is confirmed."""
    edition = queries.edition_of(request.user, slug)
    if request.POST.get("confirmed") != "yes":
        problem = _("Confirm that rubrics, methods, tie-breaks and quotas are as they shall be.")
        return _setup(request, edition, problem, status=422)
    return _done(request, edition, lambda: actions.announce(request.user, edition), _("The edition is announced."))


@CHANGE
@require_POST
def move(request: HttpRequest, slug: str) -> HttpResponse:
    """Move the edition to its next state."""
    edition = queries.edition_of(request.user, slug)
    state = request.POST.get("state", "")
    return _done(request, edition, lambda: actions.move_edition(request.user, edition, state), _("Moved on."))


def _done(request: HttpRequest, edition: Edition, act: Any, told: str) -> HttpResponse:
    try:
        act()
    except DataferryError as error:
        problems = error.data.get("problems") or []
        told_all = [error.text(page_language()), *(Finding.from_json(each).text(page_language()) for each in problems)]
        return _setup(request, edition, " ".join(told_all), status=error.http_status)
    messages.success(request, told)
    return redirect("edition-setup", slug=edition.slug)
