"""Too many wrong passwords for one account from one address: both are remembered without naming anybody."""

from __future__ import annotations

from typing import Any

from allauth.core.internal.httpkit import get_client_ip
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.crypto import salted_hmac

LOCKED_OUT = 429


def account_mark(request: HttpRequest | None, credentials: dict[str, Any] | None = None) -> str:
    """A keyed digest of what was typed as the account, so that the counters hold no address of anybody."""
    typed = (request.POST.get("login") or request.POST.get("username")) if request is not None else None
    known = credentials or {}
    account = typed or known.get("email") or known.get("username") or ""
    return salted_hmac("people.lockout", str(account).strip().casefold()).hexdigest()


def client_address(request: HttpRequest) -> str:
    """The visitor's address; forwarded headers count only as far as settings trust a proxy."""
    return get_client_ip(request) or ""


def locked_out(request: HttpRequest, original: HttpResponse | None, credentials: Any = None) -> HttpResponse:
    """The designed page. It is the same whether the account exists or not."""
    return render(request, "people/locked_out.html", status=LOCKED_OUT)
