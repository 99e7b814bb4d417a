"""The operator's desk: what needs a person today, first."""

from __future__ import annotations

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from dataferry.server import people
from dataferry.server.merchants import queries
from dataferry.server.merchants.states import MerchantState
from dataferry.server.merchants.words import class_words, words_of
from dataferry.server.people.permissions import signed_in_person

A_PAGE = 50


@people.signed_in
@never_cache
@require_safe
def desk(request: HttpRequest) -> HttpResponse:
    """Applications that wait, oldest first; then the merchants that the operator looks after, by state."""
    user = signed_in_person(request)
    people.require(user, "merchants.see_desk")
    seen = queries.operated(user)
    waiting = seen.filter(state=MerchantState.APPLIED).order_by("applied_at", "pk")
    asking = queries.class_applications(user)
    state = request.GET.get("state", "")
    rest = seen.exclude(state=MerchantState.APPLIED).order_by("number")
    if state in MerchantState.values:
        rest = rest.filter(state=state)
    shown = Paginator(rest, A_PAGE).get_page(request.GET.get("page"))
    counts = queries.counts_by_state(user)
    context = {
        "section": "exchange",
        "tab": "desk",
        "waiting": [(merchant, class_words(merchant)) for merchant in waiting[:A_PAGE]],
        "asking": [(each.merchant, words_of(each.classes), each.asked_at) for each in asking[:A_PAGE]],
        "waiting_count": counts.get(MerchantState.APPLIED, 0),
        "shown": shown,
        "rows": [(merchant, class_words(merchant)) for merchant in shown],
        "states": [
            (value, MerchantState(value).label, counts.get(value, 0))
            for value in MerchantState.values
            if value != MerchantState.APPLIED
        ],
        "state": state,
        "is_operator": True,
    }
    return render(request, "merchants/desk.html", context)
