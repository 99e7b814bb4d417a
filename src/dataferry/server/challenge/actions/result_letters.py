"""Letters that follow a result: to each team's leader, in the transaction of the act, once for ever by their keys.

A rehearsal's made-up people get none.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _

from dataferry.server import letters
from dataferry.server.challenge.letter_words import in_own, in_tongues, site_address
from dataferry.server.challenge.models import Appeal, Award, Edition, Entry, Nomination, Result, TeamMember
from dataferry.server.challenge.queries.appeals import window_of
from dataferry.server.challenge.states import AppealState, EntryState, ResultState
from dataferry.server.challenge.team_view import deadline

Words = Callable[[], str]


def post_to_leader(entry: Entry, key: str, subject: Words, body: Words) -> bool:
    """A letter to whoever leads the entry's team now. Returns whether there was anybody to write to."""
    leader = TeamMember.objects.filter(team=entry.team_id, left_at=None, is_leader=True).select_related("user").first()
    if entry.edition.synthetic or leader is None or leader.user is None:
        return False
    if letters.Letter.objects.filter(key=key).exists():
        # It went out before, perhaps to whoever led the team then.
        return True
    letters.post(
        leader.user,
        key=key,
        subject=in_tongues(lambda: f"{subject()}: {in_own(entry.edition.document.get('title'))}"),
        body=in_tongues(lambda: _whole(body())),
        about=f"entry:{entry.edition.slug}/{entry.code}",
    )
    return True


def _whole(body: str) -> str:
    return "\n\n".join((_("Dear team,"), body, _("The organisers")))


def _link(name: str, *args: Any) -> str:
    return site_address() + reverse(name, args=args)


def _entries(edition: Edition, codes: Iterable[str]) -> list[Entry]:
    rows = Entry.objects.filter(edition=edition, code__in=list(codes))
    return list(rows.select_related("edition", "division", "team").order_by("code"))


def _key(kind: str, result: Result) -> str:
    return f"{kind}:{result.round.edition.slug}/{result.round.code}/{result.revision}"


def post_provisional(result: Result) -> None:
    """A provisional result is there: what a team may do now, and until when."""
    judged = Entry.objects.filter(sheets__round=result.round, sheets__calibration=False).distinct()
    for entry in judged.select_related("edition", "division", "team").order_by("code"):
        post_to_leader(
            entry,
            f"{_key('provisional', result)}/{entry.code}",
            lambda: _("A provisional result is out"),
            lambda entry=entry: _provisional(result, entry),  # type: ignore[misc]
        )


def _provisional(result: Result, entry: Entry) -> str:
    parts = [
        _("The provisional result of a round in which your entry %(entry)s was judged is on the page of results:")
        % {"entry": entry.code},
        _link("challenge-results", entry.edition.slug),
    ]
    window = window_of(result, entry.division)
    if window is not None:
        parts.append(_("If the procedure, eligibility or arithmetic was wrong, you may appeal:"))
        parts.append(_link("challenge-team-appeals", entry.team_id))
        if window.closes is not None:
            parts.append(_("Until: %(moment)s.") % {"moment": deadline(window.closes, entry.division).there})
    return "\n\n".join(parts)


def post_shortlist(edition: Edition, result: Result, division: str, finalists: Iterable[str]) -> None:
    """Finalist or not; a reserve is told that it may move up, never its place."""
    chosen = set(finalists)
    rows = Entry.objects.filter(edition=edition, division__code=division)
    rows = rows.filter(state__in=(EntryState.SHORTLISTED, EntryState.RESERVE)).order_by("code")
    for entry in rows.select_related("edition", "division", "team"):
        is_in = entry.code in chosen
        post_to_leader(
            entry,
            f"{_key('shortlist', result)}/{entry.code}/{'in' if is_in else 'out'}",
            (lambda: _("Your entry is in the final")) if is_in else (lambda: _("The finalists are chosen")),
            lambda entry=entry, is_in=is_in: _shortlisted(entry, is_in),  # type: ignore[misc]
        )


def _shortlisted(entry: Entry, is_in: bool) -> str:
    if is_in:
        told = _("Your entry %(entry)s is in the final. From now on the members of your team stay as they are.")
    else:
        told = _("Your entry %(entry)s is not among the finalists. It stays on the list of reserves of its division.")
    return "\n\n".join((told % {"entry": entry.code}, _link("challenge-team", entry.team_id)))


def post_moved_up(entry: Entry, out: Entry) -> None:
    """A reserve takes the place of a finalist that has gone."""
    post_to_leader(
        entry,
        f"moved-up:{entry.edition.slug}/{entry.code}/{out.code}",
        lambda: _("Your entry is in the final"),
        lambda: "\n\n".join(
            (
                _("A finalist of your division has gone, and your entry %(entry)s moves up into the final.")
                % {"entry": entry.code},
                _link("challenge-team", entry.team_id),
            )
        ),
    )


def post_awards(result: Result) -> None:
    """To everybody who holds an award in a published result."""
    held: dict[str, list[Award]] = {}
    for award in result.awards.exclude(entry=None).select_related("entry"):
        held.setdefault(award.entry.code if award.entry else "", []).append(award)
    file = result.round.edition.file
    for entry in _entries(result.round.edition, held):
        titles = [file.awards[each.code].title for each in held[entry.code] if each.code in file.awards]
        codes = [each.code for each in held[entry.code]]

        def body(entry: Entry = entry, titles: list[Any] = titles, codes: list[str] = codes) -> str:
            named = [in_own(title.to_json()) for title in titles if title is not None] or codes
            told = _("Your entry %(entry)s has won: %(awards)s.")
            told %= {"entry": entry.code, "awards": _(", ").join(named)}
            return "\n\n".join((told, _link("challenge-results", entry.edition.slug)))

        post_to_leader(entry, f"{_key('award', result)}/{entry.code}", lambda: _("Your entry has won an award"), body)


def post_appeal(appeal: Appeal) -> None:
    """What became of an appeal, with the reason."""
    told = {
        AppealState.ADMITTED: lambda: _("Your appeal is admitted: it is looked into."),
        AppealState.REFUSED: lambda: _("Your appeal is not heard."),
        AppealState.UPHELD: lambda: _(
            "Your appeal is upheld. The result is computed again; the old one stays readable."
        ),
        AppealState.DISMISSED: lambda: _("Your appeal is dismissed."),
    }.get(AppealState(appeal.state))
    if told is None:
        return
    post_to_leader(
        appeal.entry,
        f"appeal:{appeal.pk}/{appeal.state}",
        lambda: _("Your appeal"),
        lambda: "\n\n".join(
            part for part in (told(), _plain(appeal.decision), _link("challenge-appeal", appeal.pk)) if part
        ),
    )


def post_nomination(nomination: Nomination) -> None:
    """A team is asked whether it agrees to be nominated."""
    entry = nomination.entry
    post_to_leader(
        entry,
        f"nomination:{nomination.pk}",
        lambda: _("Your entry is proposed for the national contest"),
        lambda: "\n\n".join(
            (
                _("Your entry %(entry)s is proposed for the national contest. Do you agree? Answer here:")
                % {"entry": entry.code},
                _link("challenge-nomination", nomination.pk),
            )
        ),
    )


def post_feedback(result: Result, entry: Entry, comments: list[str]) -> bool:
    """The judges' words to a team: no names, no places, in no order that says anything."""
    assert result.state == ResultState.PUBLISHED  # noqa: S101 - `feedback.send_feedback` has refused others

    def body() -> str:
        head = _("This is what the judges wrote to you about your entry %(entry)s.") % {"entry": entry.code}
        if not comments:
            head = _("The judges left no words about your entry %(entry)s.") % {"entry": entry.code}
        quoted = [f"— {_plain(each)}" for each in comments]
        link = _link("challenge-team-feedback", entry.team_id)
        return "\n\n".join((head, *_that_fit(quoted), _("You can read it here at any time:"), link))

    return post_to_leader(
        entry, f"{_key('feedback', result)}/{entry.code}", lambda: _("What the judges say of your entry"), body
    )


MOST_LETTERS = 40_000
"""Characters of comments that go into a letter; the page holds all."""


def _that_fit(quoted: list[str]) -> list[str]:
    taken, room = [], MOST_LETTERS
    for each in quoted:
        if len(each) > room:
            break
        taken.append(each)
        room -= len(each)
    return taken


def _plain(text: str) -> str:
    """A person's words without control characters, which mail does not carry."""
    return "".join(each for each in text if each in "\n\t" or each.isprintable()).replace("\t", " ").strip()
