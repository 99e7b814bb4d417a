"""What a person chose for themselves takes effect: the time zone always, the language where an address has none."""

from __future__ import annotations

import zoneinfo
from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils import timezone, translation
from django.utils.translation import get_language_from_path

from dataferry.messages import speaking
from dataferry.server.display.languages import tongue
from dataferry.server.people.models import Profile

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
            with translation.override(profile.language), speaking(tongue().library):
                request.LANGUAGE_CODE = profile.language
                return get_response(request)

    return layer


def zone_of(profile: Profile) -> zoneinfo.ZoneInfo | None:
    """The zone of the profile; none (the site's own) where it states none, or one this machine does not know."""
    try:
        return zoneinfo.ZoneInfo(profile.time_zone) if profile.time_zone else None
    except (zoneinfo.ZoneInfoNotFoundError, ValueError):
        return None
