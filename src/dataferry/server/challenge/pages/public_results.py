"""The results of an edition for everybody: page, press table, open data."""

from __future__ import annotations

import json
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from dataferry.server.challenge.pages.edition_doors import public_page
from dataferry.server.challenge.pages.result_frame import result_frame, round_name
from dataferry.server.challenge.queries import editions as edition_queries
from dataferry.server.challenge.result_export import LICENCE, as_csv, as_json
from dataferry.server.challenge.result_public import shown_rounds
from dataferry.server.challenge.result_view import kind_word


@require_safe
@public_page
def results(request: HttpRequest, slug: str) -> HttpResponse:
    """Awards and finalists as far as they are out, how they were found, and how to check the seal."""
    edition = edition_queries.edition_of(request.user, slug)
    rounds = shown_rounds(edition)
    context = {
        **result_frame(request, edition, "public"),
        "rounds": [(each, round_name(each.round)) for each in rounds],
        "licence": LICENCE,
    }
    return render(request, "challenge/result_public.html", context)


@require_safe
@public_page
def press(request: HttpRequest, slug: str) -> HttpResponse:
    """Awards and finalists on one sheet of paper."""
    edition = edition_queries.edition_of(request.user, slug)
    rounds = [(each, round_name(each.round)) for each in shown_rounds(edition)]
    given = [(each, kind_word(each.award.kind)) for shown, _name in rounds for each in shown.awards]
    context = {**result_frame(request, edition, "press"), "rounds": rounds, "given": given}
    return render(request, "challenge/result_press.html", context)


@require_safe
@public_page
def as_json_file(request: HttpRequest, slug: str) -> HttpResponse:
    """The results as open data, JSON."""
    edition = edition_queries.edition_of(request.user, slug)
    body = json.dumps(as_json(edition), ensure_ascii=False, indent=2)
    return _file(HttpResponse(body + "\n", content_type="application/json"), edition, "json")


@require_safe
@public_page
def as_csv_file(request: HttpRequest, slug: str) -> HttpResponse:
    """The results as open data, CSV in UTF-8 with a mark for spreadsheets."""
    edition = edition_queries.edition_of(request.user, slug)
    answer = HttpResponse("\ufeff" + as_csv(edition), content_type="text/csv; charset=utf-8")
    return _file(answer, edition, "csv")


def _file(answer: HttpResponse, edition: Any, suffix: str) -> HttpResponse:
    answer["Content-Disposition"] = f'attachment; filename="{edition.slug}-results.{suffix}"'
    answer["Link"] = f'<{LICENCE["address"]}>; rel="license"'
    return answer
