"""The permission matrix of the challenge: whose it is, and what its page says. How it is tried: server/matrix.py.

`python tools/make_challenge_permissions.py` writes the page anew.
"""

from __future__ import annotations

from typing import Any

from server.challenge.matrix_lines import AGAIN, OPERATIONS, PAGES
from server.matrix import Rooms


def _module(name: str, path: str) -> str:
    """Whose operation it is: a judge's own, or another."""
    own = path.startswith("/api/v1/sheets") and "reopening" not in path
    return "judge_desk" if own or name in ("cast_ballot", "declare_done") else "api"


TEXTS = {"en": "New", "zh-Hant": "新的", "zh-Hans": "新的"}
WORDS: dict[str, Any] = {
    "reason": "Because.",
    "name": "New name",
    "kind": "individual",
    "email": "new@matrix.example",
    "outcome": "queried",
    "seen": "documented",
    "accept": True,
    "said": "yes",
    "title": TEXTS,
    "summary": TEXTS,
    "subject": TEXTS,
    "body": TEXTS,
    "starts_at": "2026-07-20T10:00:00+08:00",
    "ends_at": "2026-07-20T12:00:00+08:00",
    "expected": 1,
    "city": "hong-kong",
    "languages": ["en"],
    "source": "organiser",
    "role": "deck",
}
HEAD = """# Who may do what in the challenge

Made by `tools/make_challenge_permissions.py` from `tests/server/challenge/test_matrix.py`, which tries every page and
every operation as every role; a test compares. The team is a team of Hong Kong; its judge has a sheet for its entry,
another judge of the same panel has none; "the city" is Hong Kong. `POST` without more is an empty form.

| mark | meaning |
|---|---|
| **yes** | shown, or done |
| refused | may be asked, and the state of things or what was handed in stands against it |
| sign in | a visitor is led to the sign-in page, a program gets 401 |
| forbidden | the person knows that it is there, and may not |
| – | not there for this person: what is private and what does not exist answer alike |

"""
CHALLENGE = Rooms(
    roles=(
        "visitor",
        "member",
        "member of another team",
        "team member",
        "team leader",
        "mentor",
        "judge",
        "another judge",
        "organiser of the city",
        "organiser of the other city",
        "organiser of both",
        "administrator",
    ),
    routes="challenge/",
    tags=("editions", "judging", "challenge"),
    pages=PAGES,
    operations=OPERATIONS,
    again={name: (line,) for name, line in AGAIN.items()},
    usual={"kind": "teams", "ending": "csv", "tag": "en"},
    words=WORDS,
    module=_module,
    head=HEAD,
    parts=(
        ("drafted", "An edition that is being written"),
        ("open", "An edition that takes teams and entries"),
        ("judged", "An edition whose first judging is on"),
        ("played", "An edition that is through"),
    ),
)
