"""The association's public directory, a merchant's public page, and the rules of the market."""

from __future__ import annotations

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from dataferry.messages import LANGUAGES
from dataferry.server import people
from dataferry.server.display.languages import page_language
from dataferry.server.display.words import TAGS
from dataferry.server.merchants import queries
from dataferry.server.merchants.forms import FilterForm
from dataferry.server.merchants.market_rules import rules_in_force
from dataferry.server.merchants.words import class_words

A_PAGE = 30


@require_safe
def directory(request: HttpRequest) -> HttpResponse:
    """Active merchants, by class, place and words; the address holds the state."""
    form = FilterForm(request.GET)
    form.is_valid()
    cleaned = form.cleaned_data
    asked = {
        "class": cleaned.get("merchant_class", ""),
        "place": cleaned.get("place", ""),
        "words": cleaned.get("words", ""),
    }
    shown = Paginator(queries.directory(asked), A_PAGE).get_page(request.GET.get("page"))
    kept = request.GET.copy()
    kept.pop("page", None)
    context = {
        "section": "exchange",
        "tab": "directory",
        "form": form,
        "shown": shown,
        "rows": [(merchant, class_words(merchant)) for merchant in shown],
        "filtered": any(asked.values()),
        "kept": kept.urlencode(),
        "is_operator": people.can(request.user, "merchants.see_desk"),
    }
    return render(request, "merchants/directory.html", context)


@require_safe
def merchant(request: HttpRequest, number: str) -> HttpResponse:
    """What the public may know of an active merchant."""
    found = queries.listed(number)
    context = {
        "section": "exchange",
        "tab": "directory",
        "merchant": found,
        "classes": class_words(found),
        "signature": queries.signature_of(found),
        "may_see_inside": people.can(request.user, "merchants.see_inside", found),
        "is_operator": people.can(request.user, "merchants.see_desk"),
    }
    return render(request, "merchants/merchant.html", context)


@require_safe
def rules(request: HttpRequest) -> HttpResponse:
    """The rules of the market in all three languages, with their digest."""
    in_force, first = rules_in_force(), page_language()
    order = [first, *(tag for tag in LANGUAGES if tag != first)]
    context = {
        "section": "exchange",
        "tab": "rules",
        "rules": in_force,
        "texts": [(TAGS[tag], in_force.texts(tag)) for tag in order],
        "is_operator": people.can(request.user, "merchants.see_desk"),
    }
    return render(request, "merchants/rules.html", context)
