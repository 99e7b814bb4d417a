"""Letters: mail in three languages, kept as rows until it is sent: none lost, twice only where a crash leaves doubt.

    letters.post(user, key=f"result:{entry.pk}", subject={"en": ..., "zh-Hant": ...}, body={...}, about="entry:7")

    template = letters.Template(subject={"en": "Dear {team}"}, body={"en": "..."})
    letters.check(template, {"team"})                       # findings with their places
    letters.preview(template, {"team": "Plum"}, "zh-Hant")  # as it would be sent
    letters.post_many([(user, {"team": "Plum"}), ...], campaign="2026:shortlist", template=template, asked_by=user)

What is guaranteed. `post` writes a row in the caller's transaction: rolled back with it, and otherwise sent by a job
after the commit. A key is one letter for ever: asking again returns it. From the row to the mail server delivery is
*at least once*: a letter is marked before it is handed over and marked again when the server has taken it. Should the
process or the database die between these two moments, nobody can know whether the server took it, and the letter is
sent again, with the same Message-ID and Date, so that mail systems and people can tell the repeat. The window is one
commit of one row, tried several times. What happens behind the mail server (a bounce hours later) is not seen here.

Letters are plain text. Persons who deleted their account, are inactive or have no verified address get none.
The names below that need models are loaded when they are first used.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from dataferry.server.letters.templates import Template, Written, check, chosen_language, preview, render

if TYPE_CHECKING:
    from dataferry.server.letters.actions import post, retry, retry_failed
    from dataferry.server.letters.campaigns import cancel_campaign, post_many, withdraw_campaign
    from dataferry.server.letters.models import Campaign, Letter
    from dataferry.server.letters.queries import Counts, campaign_counts, counts

_HOME = {
    "Campaign": "models",
    "Counts": "queries",
    "Letter": "models",
    "campaign_counts": "queries",
    "cancel_campaign": "campaigns",
    "counts": "queries",
    "post": "actions",
    "post_many": "campaigns",
    "retry": "actions",
    "retry_failed": "actions",
    "withdraw_campaign": "campaigns",
}

__all__ = [
    "Campaign",
    "Counts",
    "Letter",
    "Template",
    "Written",
    "campaign_counts",
    "cancel_campaign",
    "check",
    "chosen_language",
    "counts",
    "post",
    "post_many",
    "preview",
    "render",
    "retry",
    "retry_failed",
    "withdraw_campaign",
]


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(name)
    return getattr(import_module(f"{__name__}.{_HOME[name]}"), name)
