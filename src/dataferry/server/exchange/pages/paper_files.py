"""Papers of the exchange as PDF, in whichever of the three languages the address names."""

from __future__ import annotations

from collections.abc import Callable

from django.http import Http404, HttpResponse

from dataferry.messages import Language
from dataferry.server.exchange.sheet.sections import TONGUES


def language_of(tag: str) -> Language:
    """The language that an address names.

    Raises:
        Http404: it is none of ours.
    """
    found = next((language for language in TONGUES if language == tag), None)
    if found is None:
        raise Http404(tag)
    return found


def pdf_file(render: Callable[[Language], bytes], name: str, language: Language) -> HttpResponse:
    """A paper to be shown or kept, called after what it is about and its language."""
    answer = HttpResponse(render(language), content_type="application/pdf")
    answer["Content-Disposition"] = f'inline; filename="{name}-{language}.pdf"'
    return answer
