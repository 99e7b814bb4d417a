"""The Delta Sharing server: the addresses of the protocol, for clients with a bearer token.

Source: the Delta Sharing Protocol of the delta-io project. A share is an entitlement; it has one schema with one table.
Metered are `query` and `changes`, when they are answered: clients read each file many times over.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse

from dataferry.formats import delta_sharing as protocol
from dataferry.formats.delta_sharing import (
    Capabilities,
    ChangesRequest,
    ListRequest,
    MetadataRequest,
    QueryRequest,
    ResponseFormat,
    TableFacts,
    VersionRequest,
)
from dataferry.formats.wire_json import read_object, write_json
from dataferry.server.delivery import gate, metering, sharing, versions
from dataferry.server.delivery.gate import Admission, Door
from dataferry.server.delivery.models import AccessKey, Entitlement
from dataferry.server.delivery.sharing import Step
from dataferry.server.delivery.sharing_door import JSON, holder, opened, shared, sharing_door
from dataferry.server.delivery.sharing_paging import Entry, Turn, refresh_token, refreshed, tokens, turn_of
from dataferry.server.delivery.versions import Version

_READ = ("GET", "HEAD")


@sharing_door(*_READ)
def shares(request: HttpRequest) -> HttpResponse:
    """The shares of a key: the one of its entitlement."""
    key = holder(request)
    return _page(request, key, [_share(key.entitlement)], "shares")


@sharing_door(*_READ)
def share(request: HttpRequest, share: str) -> HttpResponse:
    """One share."""
    key = shared(holder(request), share)
    return _json({"share": _share(key.entitlement)})


@sharing_door(*_READ)
def schemas(request: HttpRequest, share: str) -> HttpResponse:
    """The schemas of a share."""
    key = shared(holder(request), share)
    return _page(request, key, [{"name": versions.SCHEMA, "share": key.entitlement.share}], "schemas")


@sharing_door(*_READ)
def tables(request: HttpRequest, share: str, schema: str = versions.SCHEMA) -> HttpResponse:
    """The tables of a schema, or of all of them; a schema that is not there has none."""
    key = shared(holder(request), share)
    entitlement = key.entitlement
    table = {"name": versions.table_of(entitlement), "schema": versions.SCHEMA, "share": entitlement.share}
    table |= {"shareId": _share(entitlement)["id"], "id": sharing.table_id(entitlement)}
    return _page(request, key, [table] if schema.lower() == versions.SCHEMA else [], f"tables {schema.lower()}")


@sharing_door(*_READ)
def version(request: HttpRequest, share: str, schema: str, table: str) -> HttpResponse:
    """The number of the newest version, or of the first one at or after an instant; in a header alone."""
    key, known = opened(request, share, schema, table)
    asked = VersionRequest.parse(request.GET.dict())
    found = gate.admit(key, Door.SHARE, number=sharing.number_of(known, since=asked.starting))
    answer = HttpResponse(content_type=JSON)
    answer[protocol.VERSION_HEADER] = str(found.version.number)
    return answer


@sharing_door(*_READ)
def metadata(request: HttpRequest, share: str, schema: str, table: str) -> HttpResponse:
    """Protocol and description of a version of a table."""
    key, known = opened(request, share, schema, table)
    asked, capabilities = MetadataRequest.parse(request.GET.dict()), _capabilities(request)
    found = gate.admit(key, Door.SHARE, number=sharing.number_of(known, number=asked.version, as_of=asked.timestamp))
    facts = sharing.table_facts(found, sharing.served(found))
    chosen = _chosen(capabilities, facts)
    return _lines(protocol.table_lines(facts, chosen), found.version.number, chosen)


@sharing_door("POST")
def query(request: HttpRequest, share: str, schema: str, table: str) -> HttpResponse:
    """The files of a version of a table, or, from a starting version on, those that came and went."""
    key, known = opened(request, share, schema, table)
    asked, capabilities = QueryRequest.parse(request.body), _capabilities(request)
    turn = turn_of(key, "query", read_object(request.body, "query") if request.body.strip() else {}, asked.page)
    found = gate.admit(key, Door.SHARE, number=_queried(key, known, asked, turn))
    served, start = sharing.served(found), asked.starting_version
    steps = [] if start is None else sharing.file_feed(found, start, request.build_absolute_uri)
    facts = sharing.table_facts(found, served, number=start)
    chosen = _chosen(capabilities, facts)
    if start is None:
        every = sharing.snapshot_files(found, served, request.build_absolute_uri)
        files = protocol.choose(((file, file.facts.statistics) for file in every), asked.predicate, asked.limit)
        entries: list[Entry] = [(protocol.file_line(file.facts, chosen), file) for file in files]
    else:
        entries = _told(facts, steps, chosen, history=True)
    page, following = turn.cut(entries, found.version.number)
    _hand_out(request, found, "query", hashlib.sha256(request.body).hexdigest(), page, steps)
    refresh = refresh_token(key, found.version.number) if asked.wants_refresh_token and start is None else None
    ends = capabilities.end_stream_action or asked.page.is_asked or asked.wants_refresh_token
    lines = [*protocol.table_lines(facts, chosen), *_paged(page, following, refresh, ends=ends)]
    return _lines(lines, found.version.number if start is None else start, chosen, ends=ends)


@sharing_door(*_READ)
def changes(request: HttpRequest, share: str, schema: str, table: str) -> HttpResponse:
    """The change feed between two versions: files whose rows say what befell them."""
    key, known = opened(request, share, schema, table)
    asked, capabilities = ChangesRequest.parse(request.GET.dict()), _capabilities(request)
    turn = turn_of(key, "changes", request.GET.dict(), asked.page)
    start, end = sharing.ends_of(known, asked)
    found = gate.admit(key, Door.SHARE, number=end if turn.version is None else turn.version)
    facts = sharing.table_facts(found, sharing.served(found), number=start)
    chosen = _chosen(capabilities, facts)
    steps = sharing.change_feed(found, start, request.build_absolute_uri)
    entries = _told(facts, steps, chosen, history=asked.historical_metadata)
    page, following = turn.cut(entries, found.version.number)
    _hand_out(request, found, "changes", f"{start}-{found.version.number} {turn.start} {turn.most}", page, steps)
    ends = capabilities.end_stream_action or asked.page.is_asked
    lines = [*protocol.table_lines(facts, chosen, change_feed=True), *_paged(page, following, None, ends=ends)]
    return _lines(lines, start, chosen, ends=ends)


@sharing_door("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE")
def unknown(request: HttpRequest, path: str = "") -> HttpResponse:
    """Every other address below the endpoint."""
    raise Http404


def _share(entitlement: Entitlement) -> dict[str, str]:
    return {"name": entitlement.share, "id": entitlement.number}


def _capabilities(request: HttpRequest) -> Capabilities:
    return Capabilities.parse(request.headers.get(protocol.HEADER))


def _chosen(capabilities: Capabilities, facts: TableFacts) -> ResponseFormat:
    return capabilities.choose(protocol.reader_features(facts.schema))


def _queried(key: AccessKey, known: Sequence[Version], asked: QueryRequest, turn: Turn) -> int:
    """The version that is asked for, or the last of those that are; an end to come means the newest."""
    if turn.version is not None:
        return turn.version
    if asked.refresh_token is not None:
        return refreshed(key, asked.refresh_token)
    if asked.starting_version is None:
        return sharing.number_of(known, number=asked.version, as_of=asked.timestamp)
    newest = known[-1].number
    return newest if asked.ending_version is None else min(asked.ending_version, newest)


def _told(facts: TableFacts, steps: Iterable[Step], chosen: ResponseFormat, *, history: bool) -> list[Entry]:
    """The lines of a feed; with `history` also what the table became, wherever its columns changed."""
    entries: list[Entry] = []
    schema = None
    for step in steps:
        if history and schema is not None and step.schema != schema:
            then = TableFacts(facts.id, facts.name, step.schema, created=facts.created, version=step.version.number)
            entries.append((protocol.metadata_line(then, chosen), None))
        schema = step.schema
        entries += [(protocol.change_line(file.facts, file.change, chosen), file) for file in step.files]
    return entries


def _paged(page: Sequence[Entry], following: str | None, refresh: str | None, *, ends: bool) -> list[str]:
    """The lines of a page; for clients that want it, with one that says it is whole and how to go on."""
    lines = [line for line, _file in page]
    if ends:
        facts = [file.facts for _line, file in page if file is not None]
        lines.append(protocol.end_line(facts, next_page_token=following, refresh_token=refresh))
    return lines


def _hand_out(
    request: HttpRequest, found: Admission, kind: str, asked: str, page: Sequence[Entry], steps: Sequence[Step]
) -> None:
    """Count the act, unless only the headers of the answer were asked for; see `sharing.hand_out`."""
    if request.method != "HEAD":
        key = metering.request_key(found, {"kind": kind, "asked": asked}, request.headers.get(metering.HEADER, ""))
        sharing.hand_out(found, key, kind, [file for _line, file in page if file is not None], steps)


def _lines(lines: Iterable[str], number: int, chosen: ResponseFormat, *, ends: bool = False) -> HttpResponse:
    """The answer in lines of JSON. `ends`: its last line says that it is whole."""
    answer = HttpResponse("".join(f"{line}\n" for line in lines), content_type=protocol.MEDIA_TYPE)
    answer[protocol.VERSION_HEADER] = str(number)
    answer[protocol.HEADER] = protocol.answer_header(chosen, end_stream_action=ends)
    return answer


def _json(value: Any) -> HttpResponse:
    return HttpResponse(write_json(value), content_type=JSON)


def _page(request: HttpRequest, key: AccessKey, items: Sequence[dict[str, str]], listing: str) -> HttpResponse:
    """One page of a listing. Its token is good for this key and this listing alone.

    Raises:
        InputError: the parameters are not of their kind, or the token is none of this listing.
    """
    asked = ListRequest.parse(request.GET.dict())
    name = f"{key.pk} {listing}"
    start = int(tokens().read(name, asked.page_token)) if asked.page_token else 0
    shown = items[start : start + asked.most]
    told: dict[str, Any] = {"items": list(shown)}
    if start + len(shown) < len(items):
        told["nextPageToken"] = tokens().issue(name, str(start + len(shown)))
    return _json(told)
