"""A film beside what the edition demands: length, picture, spoken language, subtitles. Only in the confined child."""

from __future__ import annotations

from dataferry.server.challenge.inspection.films import Film
from dataferry.server.challenge.inspection.noting import Notes

ROUNDING = 0.5
"""Seconds: sound comes in whole frames, so that a cut at 180 s may be told as 180.02 s."""
_WRITTEN = {
    "en": "en",
    "eng": "en",
    "zh-hans": "zh-Hans",
    "zh-cn": "zh-Hans",
    "zh-sg": "zh-Hans",
    "cmn-hans": "zh-Hans",
    "zh-hant": "zh-Hant",
    "zh-hk": "zh-Hant",
    "zh-tw": "zh-Hant",
    "yue-hant": "zh-Hant",
    "cmn-hant": "zh-Hant",
}
_CHINESE = ("zh", "chi", "zho", "cmn", "yue")


def check_film(check: Notes, film: Film | None) -> None:
    """Add what is wrong or unknown about a film; None where it could not be read here."""
    if film is None:
        check.add("inspected_film_not_read", "unknown", found=check.facts.get("type"))
        return
    check.facts |= {"subtitles": film.subtitles, "codecs": film.codecs, "read_by": film.by}
    _length(check, film)
    if film.has_picture is False:
        check.add("inspected_no_picture", "warn")
    if check.demands.speech:
        _speech(check, film)


def _length(check: Notes, film: Film) -> None:
    wanted = check.demands
    if film.seconds is None:
        if wanted.most_seconds is not None or wanted.least_seconds is not None:
            check.add("inspected_length_unknown", "unknown")
        return
    seconds = round(film.seconds, 2)
    check.facts["seconds"] = seconds
    if wanted.most_seconds is not None and seconds > wanted.most_seconds + ROUNDING:
        check.add("inspected_too_long", "refuse", seconds, most=wanted.most_seconds)
    if wanted.least_seconds is not None and seconds < wanted.least_seconds - ROUNDING:
        check.add("inspected_too_short", "refuse", seconds, least=wanted.least_seconds)


def _speech(check: Notes, film: Film) -> None:
    """The team declares what is spoken; nobody here listens. Subtitle tracks can be seen, burnt-in ones cannot."""
    wanted = check.demands
    ways = [way for way in wanted.speech if way.spoken == wanted.spoken]
    if film.has_sound is False:
        check.add("inspected_no_sound", "warn")
    if not wanted.spoken:
        check.add("inspected_spoken_undeclared", "unknown", accepted=[way.spoken for way in wanted.speech])
        return
    if not ways:
        check.add("inspected_spoken", "refuse", found=wanted.spoken, accepted=[way.spoken for way in wanted.speech])
        return
    for language in ways[0].subtitles:
        _subtitles(check, film, language)


def _subtitles(check: Notes, film: Film, language: str) -> None:
    if not film.subtitles:
        check.add("inspected_subtitles_unseen", "unknown", 0, wanted=language)
        return
    written = [written_language(tag) for tag in film.subtitles]
    if language in written or (language == "zh" and any(each.startswith("zh") for each in written)):
        return
    if (language.startswith("zh") and "zh" in written) or "" in written:
        check.add("inspected_subtitles_script", "unknown", wanted=language, found=film.subtitles)
    else:
        check.add("inspected_subtitles_other", "warn", wanted=language, found=film.subtitles)


def written_language(tag: str) -> str:
    """A track's tag as one of our written languages; `zh` where the script is not told, empty where nothing is."""
    plain = tag.strip().lower().replace("_", "-")
    if plain in _WRITTEN:
        return _WRITTEN[plain]
    first = plain.split("-")[0]
    if first in _CHINESE:
        return "zh"
    if first == "en":
        return "en"
    return "" if first in ("", "und", "mul", "mis") else first
