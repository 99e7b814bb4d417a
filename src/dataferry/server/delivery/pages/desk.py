"""The operator's desk: every entitlement of the city, what stands still and why, and files that are not sound."""

from __future__ import annotations

from urllib.parse import urlencode

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from dataferry.server import people
from dataferry.server.delivery import versions
from dataferry.server.delivery.causes import cause_words
from dataferry.server.delivery.cuts import kept_cut
from dataferry.server.delivery.limits import Limits
from dataferry.server.delivery.mending import mend
from dataferry.server.delivery.models import ServedTable
from dataferry.server.delivery.queries import entitlements as queries
from dataferry.server.delivery.states import EntitlementState
from dataferry.server.people.pages.answers import telling
from dataferry.server.people.permissions import signed_in, signed_in_person

ROWS = 50


@require_safe
@never_cache
@signed_in
def desk(request: HttpRequest) -> HttpResponse:
    """Entitlements by state and words; the address holds both."""
    user = signed_in_person(request)
    state, words = request.GET.get("state", ""), " ".join(request.GET.get("q", "").split())[:80]
    state = state if state in EntitlementState.values else ""
    page = Paginator(queries.overseen_by(user, state, words), ROWS).get_page(request.GET.get("page"))
    context = {
        "section": "exchange",
        "page": page,
        "rows": [(row, cause_words(row.reason) if row.reason else "") for row in page],
        "states": EntitlementState.choices,
        "state": state,
        "words": words,
        "more": urlencode({"q": words, "state": state}) + "&",
    }
    return render(request, "delivery/desk.html", context)


@require_POST
@signed_in
def make_again(request: HttpRequest, number: str) -> HttpResponse:
    """Check the served files of an entitlement, and make damaged ones again."""
    user = signed_in_person(request)
    found = queries.entitlement_of(user, number)
    people.require(user, "delivery.operate", found.agreement)
    with telling(request):
        limits, sound, count = Limits.of(found.agreement), True, 0
        for each in versions.versions_of(found):
            cut = kept_cut(limits, found.agreement.listing, each.release)
            for row in ServedTable.objects.select_related("release").filter(release=each.release, cut=cut.digest):
                files, are_sound = mend(row)
                sound, count = are_sound and sound, count + files
        if sound:
            messages.success(request, _("All %(count)s files are what they were.") % {"count": count})
        else:
            messages.error(request, _("A file could not be made again as it was: restore it from the backup."))
    return redirect("delivery-entitlement", number)
