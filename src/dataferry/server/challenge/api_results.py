"""The results of an edition over the API, as open data."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from ninja import Field, Schema

from dataferry.server.challenge.queries import editions as queries
from dataferry.server.challenge.result_export import as_json
from dataferry.server.people.authentication import anyone
from dataferry.server.web.api import api_router

router = api_router("editions")


class ResultsOut(Schema):
    format: str = Field(description="Name and version of this form.")
    edition: str = Field(description="Name of the edition in addresses.")
    title: dict[str, str] = Field(description="Title in `en`, `zh-Hant` and `zh-Hans`.")
    state: str = Field(description="Where the edition stands in its life.")
    synthetic: bool = Field(description="Whether it is a rehearsal with made-up people.")
    licence: dict[str, str] = Field(description="Name and address of the licence of this data.")
    rounds: list[dict[str, Any]] = Field(
        description="Rounds with a result: finalists, awards, method, rubric, digest and seal. No judges, no scores."
    )


@router.get(
    "/editions/{slug}/results",
    response=ResultsOut,
    auth=anyone,
    operation_id="get_edition_results",
    summary="Read the results of an edition",
)
def get_edition_results(request: HttpRequest, slug: str) -> Any:
    """Finalists and awards as far as they are public. Teams and titles are null while judging is still blind."""
    return as_json(queries.edition_of(request.user, slug))
