"""Drawings are kept in memory: a release never changes, so its drawing in one language never does."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import TypeVar

from django.core.cache import cache

from dataferry.messages import Language
from dataferry.server.workshop.models import Release

Drawing = TypeVar("Drawing")
Draw = Callable[[Release, Language], Drawing]
_NOTHING = object()
DAY = 24 * 3600


def kept(draw: Draw[Drawing]) -> Draw[Drawing]:
    """Keep what `draw` returns, by release and language."""

    @wraps(draw)
    def looked_up(release: Release, language: Language) -> Drawing:
        key = f"{draw.__name__}:{language}:{release.registered_at.timestamp()}:{release.digest}"
        found = cache.get(key, _NOTHING)
        if found is _NOTHING:
            found = draw(release, language)
            cache.set(key, found, DAY)
        return found

    return looked_up
