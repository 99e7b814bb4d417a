"""The words around a map: why there is none, and what its classes stand for."""

from __future__ import annotations

from collections.abc import Sequence

from django.utils.translation import gettext as _

from dataferry.server.display.words import number


def map_words(why: str) -> str:
    """Why there is no map, and what to do."""
    return {
        "no_places": _("This table states no places, so there is nothing to put on a map."),
        "unknown_datum": _(
            "The datum of its coordinates is unknown. A guess could be half a kilometre wrong, so nothing is drawn "
            "until the uploader declares it: read the file again with the datum that the publisher states."
        ),
        "empty": _("No row states a place that can be drawn."),
        "unreadable": _("The table could not be opened just now. Try again; if it stays so, tell the operator."),
        "cannot_convert": _("Its coordinates could not be brought onto the map from their datum."),
    }.get(why, why)


def classes(breaks: Sequence[float]) -> list[tuple[int, str, str]]:
    """Each class of the legend: number, from, to (empty at the open ends)."""
    limits = [number(limit) for limit in breaks]
    return [
        (index, limits[index - 1] if index else "", limits[index] if index < len(limits) else "")
        for index in range(len(limits) + 1)
    ]


def moving_words() -> dict[str, str]:
    """What the map says that moves, in the page's language."""
    return {
        "closer": _("Zoom in"),
        "farther": _("Zoom out"),
        "moves": _("Map: arrow keys move it, plus and minus zoom"),
    }
