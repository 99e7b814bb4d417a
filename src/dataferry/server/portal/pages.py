"""Home, health, and the pages for when something is wrong."""

from __future__ import annotations

from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.db.utils import Error as DatabaseError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.templatetags.static import static
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from dataferry.server.catalogue.pages import cards_of
from dataferry.server.catalogue.search import search
from dataferry.server.challenge.running import running_edition
from dataferry.server.display.languages import TONGUES, tongue
from dataferry.server.workshop.pages import gallery_context

CARDS_ON_HOME = 6
DATASETS_ON_HOME = 4


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """What Dataferry is in one sentence, one search box, the running edition, the latest of the two cities."""
    more = {
        "datasets": cards_of(search(request.user, limit=DATASETS_ON_HOME).hits),
        "running": running_edition(),
    }
    return render(request, "portal/home.html", gallery_context(request.user, "", limit=CARDS_ON_HOME) | more)


@require_safe
def healthz(request: HttpRequest) -> HttpResponse:
    """The process answers."""
    return JsonResponse({"alive": True})


@require_safe
def readyz(request: HttpRequest) -> HttpResponse:
    """The database answers and has every migration."""
    try:
        executor = MigrationExecutor(connection)
        waiting = len(executor.migration_plan(executor.loader.graph.leaf_nodes()))
    except DatabaseError:
        return JsonResponse({"ready": False, "why": "database"}, status=503)
    if waiting:
        return JsonResponse({"ready": False, "why": "migrations", "waiting": waiting}, status=503)
    return JsonResponse({"ready": True})


@require_safe
def robots(request: HttpRequest) -> HttpResponse:
    return HttpResponse("User-agent: *\nDisallow: /admin/\n", content_type="text/plain; charset=utf-8")


@require_safe
def favicon(request: HttpRequest) -> HttpResponse:
    return redirect(static("portal/mark.svg"), permanent=False)


def _error_page(status: int, title: str, why: str, next_step: str, address: str) -> HttpResponse:
    """A designed error page. Made without the request's context, so that it works when that is what failed."""
    context = {
        "status": status,
        "title": title,
        "why": why,
        "next_step": next_step,
        "address": address,
        "tongue": tongue(),
        "tongues": [(each, f"/{each.code}/") for each in TONGUES],
    }
    return HttpResponse(render_to_string("portal/error.html", context), status=status)


def _home_address() -> str:
    return f"/{tongue().code}/"


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    return _error_page(
        400,
        _("We could not read this request"),
        _("Something in the address or in what was sent is not what this page expects."),
        _("Start again from the home page"),
        _home_address(),
    )


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    return _error_page(
        403,
        _("You may not see this page"),
        _("It is there, but not for the account you are using now."),
        _("Sign in with another account"),
        f"/{tongue().code}/account/login/",
    )


def form_refused(request: HttpRequest, reason: str = "") -> HttpResponse:
    return _error_page(
        403,
        _("This form is no longer valid"),
        _("It was open too long, or it was sent from another site. Nothing was changed."),
        _("Go to the home page and open the form again"),
        _home_address(),
    )


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    return _error_page(
        404,
        _("There is nothing at this address"),
        _("The page may have moved, or the address has a mistake in it. Releases are never deleted."),
        _("See all data products"),
        f"/{tongue().code}/products/",
    )


def server_error(request: HttpRequest) -> HttpResponse:
    return _error_page(
        500,
        _("Something went wrong on our side"),
        _("It has been written to the server's log. Nothing you sent was half saved."),
        _("Go to the home page and try once more"),
        _home_address(),
    )
