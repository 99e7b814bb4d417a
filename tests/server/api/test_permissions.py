"""Promise: for every operation of the API it is written down who may call it; a new one without a line here fails.

Columns of the table: visitor (no token), owner, second (a member without any right to the owner's things), holder (a
data holder), administrator. Rows name the owner's private things. Where a status is 2xx, the call did what it says.
"""

from __future__ import annotations

import json
from functools import cache
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction

from dataferry.server.portal.api import api, operations

from .conftest import House

CALLERS = ("visitor", "owner", "second", "holder", "administrator")
WITHOUT_RIGHT = ("visitor", "second", "holder")

OPEN = (200, 200, 200, 200, 200)
MEMBERS = (401, 200, 200, 200, 200)

# The administrator holds a read-only share of the draft, and may do with datasets what their owner may. 409: the house
# is already where the call would bring it (built, read); the right to call it is what counts here.
EXPECTED: dict[str, tuple[int, int, int, int, int]] = {
    "get_me": MEMBERS,
    "list_tokens": MEMBERS,
    "create_token": (401, 201, 201, 201, 201),
    "revoke_token": (401, 200, 404, 404, 404),
    "list_organisations": OPEN,
    "list_datasets": OPEN,
    "create_dataset": (401, 202, 202, 202, 202),
    "upload_file": (401, 202, 404, 404, 202),
    "get_upload": (401, 200, 404, 404, 200),
    "retry_upload": (401, 409, 404, 404, 409),
    "get_dataset": (404, 200, 404, 404, 200),
    "change_dataset": (401, 200, 404, 404, 200),
    "publish_dataset": (401, 403, 404, 404, 200),
    "withdraw_dataset": (401, 200, 404, 404, 200),
    "list_snapshots": (404, 200, 404, 404, 200),
    "get_snapshot_of_dataset": (404, 200, 404, 404, 200),
    "get_snapshot_file": (404, 200, 404, 404, 200),
    "get_snapshot_table": (404, 200, 404, 404, 200),
    "get_snapshot": (404, 200, 404, 404, 200),
    "list_rows": (404, 200, 404, 404, 200),
    "start_product": (401, 200, 404, 404, 200),
    "list_drafts": MEMBERS,
    "open_draft": (401, 409, 409, 409, 409),
    "get_draft": (401, 200, 404, 404, 200),
    "save_draft": (401, 200, 404, 404, 403),
    "remove_draft": (401, 204, 404, 404, 403),
    "check_draft": (401, 200, 404, 404, 200),
    "preview_draft": (401, 200, 404, 404, 200),
    "explain_draft": (401, 200, 404, 404, 200),
    "list_shares": (401, 200, 404, 404, 403),
    "share_draft": (401, 201, 404, 404, 403),
    "unshare_draft": (401, 204, 404, 404, 204),
    "list_builds": (401, 200, 404, 404, 200),
    "request_build": (401, 409, 404, 404, 403),
    "get_build": (404, 200, 404, 404, 200),
    "cancel_build": (401, 403, 404, 404, 403),
    "list_products": OPEN,
    "get_product": (404, 200, 404, 404, 200),
    "list_releases": (404, 200, 404, 404, 200),
    "get_release": (404, 200, 404, 404, 200),
    "get_release_file": (404, 200, 404, 404, 200),
    "get_release_source": (404, 200, 404, 404, 200),
    "publish_release": (401, 200, 404, 404, 403),
    "compare_releases": (404, 200, 404, 404, 200),
    "list_jobs": MEMBERS,
    "get_job": (401, 200, 404, 404, 200),
    "cancel_job": (401, 403, 404, 404, 403),
    "list_events": (401, 403, 403, 403, 200),
    "get_journal_head": (401, 403, 403, 403, 200),
    "list_anchors": (401, 403, 403, 403, 200),
    "get_journal_key": (401, 403, 403, 403, 200),
}


@cache
def table() -> list[tuple[str, str, str]]:
    every = operations(api.get_openapi_schema(path_prefix="api/v1/"))
    return [(o["operationId"], m, path) for path, m, o in every if not tried_elsewhere(o)]


WITH_OWN_MATRIX = {"challenge", "editions", "judging", "merchants", "compliance", "exchange", "delivery"}


def tried_elsewhere(operation: dict[str, Any]) -> bool:
    """Those have matrices of their own, which fail for one without a line: test_matrix.py of challenge and exchange."""
    return any(tag.split(" ")[0] in WITH_OWN_MATRIX for tag in operation["tags"])


def body_of(operation: str, house: House) -> dict[str, Any]:
    """What the test client sends, good enough that only rights can stand in the way."""
    values = house.values
    texts = {"manifest": values["manifest"], "recipe": values["recipe"]}
    bodies: dict[str, Any] = {
        "create_token": {"name": "new", "scopes": ["read"], "days": 1},
        "retry_upload": {"options": {}},
        "change_dataset": {"publisher": "Somebody"},
        "start_product": {"snapshots": [values["sha256"]]},
        "open_draft": {"slug": values["draft"], **texts},
        "save_draft": texts,
        "preview_draft": {},
        "explain_draft": {},
        "share_draft": {"email": "holder@example.org"},
    }
    if operation in {"create_dataset", "upload_file"}:
        file = SimpleUploadedFile("new.csv", b"a,b\n1,2\n")
        about = {"title": {"en": "New"}, "licence": "CC-BY-4.0"} if operation == "create_dataset" else {}
        return {"data": {"file": file, "about": json.dumps(about)}}
    return {"data": json.dumps(bodies[operation]), "content_type": "application/json"} if operation in bodies else {}


def call(house: House, who: str, operation: str, method: str, path: str) -> Any:
    values = house.values
    filled = {
        "slug": values["draft"] if "/drafts/" in path else values["slug"],
        "token_id": values["token"],
        "job_id": values["job"],
        "file": "data.csv",
        "other": values["version"],
        **{key: values[key] for key in ("sha256", "number", "share", "build", "name", "version")},
    }
    headers = {}
    if operation in {"save_draft", "remove_draft"}:
        headers["if-match"] = f'"r{values["revision"]}"'
    if operation == "change_dataset":
        headers["if-match"] = f'"r{values["dataset_revision"]}"'
    client = house.client(who)
    address = path.format(**filled)
    return getattr(client, method)(address, headers=headers, **body_of(operation, house))


def test_every_operation_has_its_line_and_every_line_its_operation() -> None:
    assert {operation for operation, _method, _path in table()} == set(EXPECTED)


def column_of(who: str) -> dict[str, int]:
    """What a caller is expected to get from every operation."""
    if who in {"expired", "wrong"}:
        # A token that is not good opens nothing, not even what is open to everybody.
        return {operation: 401 for operation, _method, _path in table()}
    if who == "reader":
        # The owner's token to read: 403 on everything that needs more than reading.
        reading = {"preview_draft", "explain_draft", "start_product"}
        return {o: EXPECTED[o][1] if m == "get" or o in reading else 403 for o, m, _path in table()}
    return {operation: EXPECTED[operation][CALLERS.index(who)] for operation, _method, _path in table()}


def test_who_may_call_what(house: House) -> None:
    """Every caller, every operation, each on the house as it was: what a call changed is taken back."""
    wrong = {}
    for who in (*CALLERS, "reader", "expired", "wrong"):
        expected = column_of(who)
        for operation, method, path in table():
            point = transaction.savepoint()
            answer = call(house, who, operation, method, path)
            transaction.savepoint_rollback(point)
            if answer.status_code != expected[operation]:
                wrong[who, operation] = (answer.status_code, expected[operation])
            if answer.status_code >= 400:
                assert answer["Content-Type"] == "application/problem+json", operation
                assert answer.json()["code"], operation
    told = "\n".join(f"{who} {name}: {got}, not {wanted}" for (who, name), (got, wanted) in sorted(wrong.items()))
    assert not wrong, told


def test_who_has_no_right_does_not_even_learn_that_it_is_there(house: House) -> None:
    """A private thing and one that does not exist get the same answer, byte for byte but for the request's id."""
    for who in WITHOUT_RIGHT:
        client = house.client(who)
        for place, there, not_there in (
            ("datasets/{}", house.values["slug"], "no-such-dataset"),
            ("products/{}", house.values["name"], "no-such-product"),
            ("releases/{}/1.0.0", house.values["name"], "no-such-product"),
        ):
            answers = []
            for name in (there, not_there):
                problem = client.get("/api/v1/" + place.format(name)).json()
                text = json.dumps({key: value for key, value in problem.items() if key != "instance"})
                answers.append(text.replace(name, "NAME"))
            assert answers[0] == answers[1], (who, place)


def test_a_session_changes_nothing_without_the_csrf_token(house: House) -> None:
    from django.test import Client

    client = Client(enforce_csrf_checks=True)
    client.force_login(house.people["owner"], backend="dataferry.server.people.backends.NameOrEmail")
    assert client.get("/api/v1/me").status_code == 200
    for operation, method, path in table():
        if method == "get":
            continue
        house_client = House(house.people, {}, house.values)
        object.__setattr__(house_client, "client", lambda _who: client)
        answer = call(house_client, "owner", operation, method, path)
        assert answer.status_code == 403, operation
