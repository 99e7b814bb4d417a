"""Pages of the account."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from dataferry.server.people.permissions import signed_in


@signed_in
def overview(request: HttpRequest) -> HttpResponse:
    return render(request, "people/overview.html")
