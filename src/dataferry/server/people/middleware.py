"""Around every page: what the person chose for themselves takes effect, and a refusal is told in a designed way."""

from __future__ import annotations

import zoneinfo
from collections.abc import Callable

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils import timezone, translation
from django.utils.translation import get_language_from_path

from dataferry.messages import DataferryError, MissingError, speaking
from dataferry.server.display.languages import tongue
from dataferry.server.people.models import Profile
from dataferry.server.people.permissions import SignInNeeded, sign_in_address

Answer = Callable[[HttpRequest], HttpResponseBase]


def own_language_and_time(get_response: Answer) -> Answer:
    """Activate the profile's time zone and, on addresses without a language such as `/` and the API, its language."""

    def layer(request: HttpRequest) -> HttpResponseBase:
        if settings.SESSION_COOKIE_NAME not in request.COOKIES or not request.user.is_authenticated:
            return get_response(request)
        profile = Profile.objects.filter(user_id=request.user.pk).first()
        if profile is None:
            return get_response(request)
        request.user.profile = profile
        with timezone.override(zone_of(profile)):
            if not profile.language or get_language_from_path(request.path_info):
                return get_response(request)
            # Not only inside a block: LocaleMiddleware asks afterwards where to send an address without a language.
            translation.activate(profile.language)
            request.LANGUAGE_CODE = profile.language
            with speaking(tongue().library):
                return get_response(request)

    return layer


def zone_of(profile: Profile) -> zoneinfo.ZoneInfo | None:
    """The zone of the profile; none (the site's own) where it states none, or one this machine does not know."""
    try:
        return zoneinfo.ZoneInfo(profile.time_zone) if profile.time_zone else None
    except (zoneinfo.ZoneInfoNotFoundError, ValueError):
        return None


def refusals(get_response: Answer) -> Answer:
    """On pages: who must sign in is led there, a refusal is a designed 403 with its reason, the missing a 404."""

    def layer(request: HttpRequest) -> HttpResponseBase:
        return get_response(request)

    def process_exception(request: HttpRequest, error: Exception) -> HttpResponseBase | None:
        if isinstance(error, SignInNeeded):
            return HttpResponseRedirect(sign_in_address(request))
        if isinstance(error, MissingError):
            raise Http404(error.code) from error
        if isinstance(error, DataferryError) and error.http_status != 500:
            context = {"reason": error.text(), "forbidden": error.http_status == 403, "status": error.http_status}
            return render(request, "people/refused.html", context, status=error.http_status)
        return None

    layer.process_exception = process_exception  # type: ignore[attr-defined]
    return layer
