"""The acts that everybody tries in a walk (`forbidden.World`): all of the challenge's that change a state."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any

from server.challenge.editions import WHEN, edition_text
from server.challenge.forbidden import FITTING, Act, World

ACTS: dict[str, Act] = {}


def act(made: Act) -> Act:
    ACTS[made.__name__] = made
    return made


def of_owner(world: World, thing: Any, owner: Any, call: Callable[[Any, Any], Any]) -> Callable[[], Any] | None:
    user = world.who(owner)
    return None if thing is None else lambda: call(user, thing)


def actions(name: str) -> Any:
    from importlib import import_module

    return import_module(f"dataferry.server.challenge.actions.{name}")


def _entry_act(name: str, function: str, *given: Callable[[World], Any], on: Sequence[str] = ()) -> None:
    def made(world: World) -> Callable[[], Any] | None:
        entry = world.any("Entry", on)
        values = [each(world) for each in given]
        owner = world.leader(entry.team) if entry is not None else None
        return of_owner(world, entry, owner, lambda u, e: getattr(actions(name), function)(u, e, *values))

    ACTS[f"{name}.{function}"] = made


_entry_act("entries", "submit", on=("draft", "submitted"))
_entry_act("entries", "withdraw_entry")
_entry_act("entries", "disqualify", World.text)
_entry_act("entries", "change_entry", lambda w: w.chance.randint(1, 3), on=("draft", "submitted"))
_entry_act(
    "entries",
    "decide_entry",
    lambda w: w.chance.choice(["eligible", "ineligible", "queried", "x"]),
    World.text,
    on=("locked", "queried"),
)
_entry_act("entries", "reinstate", lambda w: w.chance.choice(_states()), on=("disqualified",))
_entry_act("data_use", "add_outside_source", lambda w: {"title": w.text(), "publisher": "P", "licence": "CC0"})
_entry_act("panels", "report_anonymity", World.text)


def _states() -> list[Any]:
    from dataferry.server.challenge.states import EntryState

    return list(EntryState)


def _round_act(name: str, function: str, *given: Callable[[World], Any], on: Sequence[str] = ()) -> None:
    def made(world: World) -> Callable[[], Any] | None:
        values = [each(world) for each in given]
        judge = world.any("Judge")
        owner = judge.user if judge is not None and world.chance.random() < 0.2 else None
        row = world.any("Round", on)
        return of_owner(world, row, owner, lambda u, r: getattr(actions(name), function)(u, r, *values))

    ACTS[f"{name}.{function}"] = made


_round_act("assigning", "open_round", on=("planned",))
_round_act("assigning", "assign_round", on=("open",))
_round_act("assigning", "reassign_round", on=("open",))
_round_act("assigning", "close_round", World.text, on=("open",))
_round_act("assigning", "set_anchors", lambda w: w.some("Entry"), on=("planned",))
_round_act("assigning", "begin_calibration", lambda w: w.some("Entry"), on=("planned",))
_round_act("results", "compute_result", World.text, on=("closed",))
_round_act("results", "decide_tie", lambda w: w.some("Entry"), World.text)


def _result_act(function: str, on: str) -> None:
    def made(world: World) -> Callable[[], Any] | None:
        row = world.any("Result", (on,))
        return of_owner(world, row, None, getattr(actions("results"), function))

    ACTS[f"results.{function}"] = made


for _name, _on in (("publish_provisional", "computed"), ("seal_result", "provisional"), ("publish_result", "sealed")):
    _result_act(_name, _on)


def _sheet_act(function: str, *given: Callable[[World], Any], on: Sequence[str] = ()) -> None:
    def made(world: World) -> Callable[[], Any] | None:
        sheet = world.any("ScoreSheet", on)
        owner = sheet.judge.user if sheet is not None else None
        values = [each(world) for each in given]
        return of_owner(world, sheet, owner, lambda u, s: getattr(actions("scoring"), function)(u, s, *values))

    ACTS[f"scoring.{function}"] = made


def _scores(world: World) -> dict[str, Any]:
    codes = ("novelty", "data", "benefit", "doing", "showing", "strange")
    values = ("70", "80.5", "", "-1", "1e3", "101", "９０", None)
    count = world.chance.randint(0, 4)
    return {
        code: world.chance.choice(values if world.chance.random() < 0.3 else ("70", "80")) for code in codes[:count]
    }


_sheet_act("open_sheet", on=("assigned",))
_sheet_act("save_sheet", lambda w: w.chance.randint(1, 4), _scores, World.text)
_sheet_act("sign_sheet", on=("saved", "reopened"))
_sheet_act("recuse", World.text, on=("assigned", "opened"))
_sheet_act("propose_reopening", World.text, on=("signed", "locked"))


@act
def save_in_full(world: World) -> Callable[[], Any] | None:
    """A complete sheet as its judge would save it."""
    sheet = world.any("ScoreSheet", ("assigned", "opened", "saved", "reopened"))
    codes = ("benefit", "showing") if sheet is not None and sheet.round.stage == "final" else FIRST
    scores = {code: world.chance.choice(("70", "75", "80")) for code in codes}
    owner = sheet.judge.user if sheet is not None else None
    return of_owner(world, sheet, owner, lambda u, s: actions("scoring").save_sheet(u, s, s.revision, scores))


FIRST = ("novelty", "data", "benefit", "doing")


@act
def confirm_reopening(world: World) -> Callable[[], Any] | None:
    return of_owner(world, world.any("Reopening"), None, lambda u, r: actions("scoring").confirm_reopening(u, r))


@act
def set_aside(world: World) -> Callable[[], Any] | None:
    text = world.text()
    return of_owner(world, world.any("ScoreSheet"), None, lambda u, s: actions("judges").set_aside(u, s, text))


@act
def cast_ballot(world: World) -> Callable[[], Any] | None:
    round_, better, worse, judge = world.any("Round"), world.any("Entry"), world.any("Entry"), world.any("Judge")
    owner = judge.user if judge is not None else None
    if better is None or worse is None:
        return None
    return of_owner(world, round_, owner, lambda u, r: actions("panels").cast_ballot(u, r, better, worse))


@act
def decide_anonymity(world: World) -> Callable[[], Any] | None:
    uphold, text = world.chance.random() < 0.5, world.text()
    return of_owner(
        world,
        world.any("Entry"),
        None,
        lambda u, e: actions("panels").decide_anonymity(u, e, uphold=uphold, reason=text),
    )


@act
def name_award(world: World) -> Callable[[], Any] | None:
    entry, award = world.any("Entry"), world.chance.choice(["grand", "best-mobility", "", "strange"])
    if entry is None:
        return None
    return of_owner(
        world, world.any("Round"), None, lambda u, r: actions("results").name_award(u, r, award, entry, "Because.")
    )


@act
def apply_shortlist(world: World) -> Callable[[], Any] | None:
    return of_owner(world, world.any("Edition"), None, lambda u, e: actions("results").apply_shortlist(u, e))


@act
def start_entry(world: World) -> Callable[[], Any] | None:
    team, code = world.any("Team"), world.chance.choice(["transportation", "meteorology", "strange"])
    return of_owner(world, team, world.leader(team), lambda u, t: actions("entries").start_entry(u, t, code))


@act
def lock_entries(world: World) -> Callable[[], Any] | None:
    return of_owner(world, world.any("Division"), None, lambda u, d: actions("entries").lock_entries(u, d))


@act
def remove_use(world: World) -> Callable[[], Any] | None:
    use = world.any("DataUse")
    owner = world.leader(use.entry.team) if use is not None else None
    return of_owner(world, use, owner, lambda u, each: actions("data_use").remove_use(u, each))


@act
def file_appeal(world: World) -> Callable[[], Any] | None:
    entry, result = world.any("Entry"), world.any("Result")
    grounds, text = world.chance.choice(["procedure", "eligibility", "arithmetic", "taste"]), world.text()
    if entry is None:
        return None
    owner = world.leader(entry.team)
    return of_owner(world, result, owner, lambda u, r: actions("appeals").file_appeal(u, r, entry, grounds, text))


@act
def decide_appeal(world: World) -> Callable[[], Any] | None:
    appeal, text, dice = world.any("Appeal", ("filed", "admitted")), world.text(), world.chance.randint(0, 4)
    back = world.chance.choice(["", "eligible", "presented", "shortlisted", "strange"])
    upheld = world.chance.random() < 0.5
    calls: list[Callable[[Any, Any], Any]] = [
        lambda u, a: actions("appeals").admit(u, a),
        lambda u, a: actions("appeals").admit(u, a),
        lambda u, a: actions("appeals").refuse(u, a, text),
        lambda u, a: actions("appeals").decide(u, a, upheld=upheld, reason=text, reinstated_to=back),
        lambda u, a: actions("appeals").withdraw_appeal(u, a),
    ]
    owner = world.leader(appeal.entry.team) if appeal is not None and dice == 4 else None
    return of_owner(world, appeal, owner, calls[dice])


@act
def nominate(world: World) -> Callable[[], Any] | None:
    chosen = world.some("Entry") if world.chance.random() < 0.5 else None
    return of_owner(world, world.any("Edition"), None, lambda u, e: actions("nominations").select(u, e, chosen))


@act
def further_a_nomination(world: World) -> Callable[[], Any] | None:
    nomination, dice, yes = world.any("Nomination"), world.chance.randint(0, 3), world.chance.random() < 0.7
    text = world.text()
    calls: list[Callable[[Any, Any], Any]] = [
        lambda u, n: actions("nominations").consent(u, n, yes),
        lambda u, n: actions("nominations").package(u, n),
        lambda u, n: actions("nominations").send(u, n),
        lambda u, n: actions("nominations").answer(u, n, accepted=yes, words=text),
    ]
    owner = world.leader(nomination.entry.team) if nomination is not None and dice == 0 else None
    return of_owner(world, nomination, owner, calls[dice])


@act
def issue_certificates(world: World) -> Callable[[], Any] | None:
    site = "https://walk.example"
    return of_owner(
        world, world.any("Edition"), None, lambda u, e: actions("certificates").issue_certificates(u, e, site)
    )


@act
def set_running_order(world: World) -> Callable[[], Any] | None:
    from dataferry.server.challenge.models import Entry

    finalists = list(Entry.objects.filter(state="shortlisted"))
    entries = finalists if world.chance.random() < 0.7 else world.some("Entry")
    minutes = world.chance.choice([0, 8, 500])
    given: dict[str, Any] = {"starts_at": datetime.fromisoformat(WHEN["final"])}
    given |= {"present": timedelta(minutes=minutes), "questions": timedelta(minutes=5)}
    given |= {"seed": "strange"} if world.chance.random() < 0.2 else {}
    return of_owner(
        world, world.any("Round"), None, lambda u, r: actions("presentations").set_running_order(u, r, entries, **given)
    )


@act
def step_a_slot(world: World) -> Callable[[], Any] | None:
    name = world.chance.choice(["begin", "begin_questions", "end"])
    return of_owner(world, world.any("Slot"), None, getattr(actions("presentations"), name))


@act
def move_edition(world: World) -> Callable[[], Any] | None:
    from dataferry.server.challenge.states import TRANSITIONS, EditionState, Life

    edition = world.any("Edition")
    onward = sorted(TRANSITIONS[Life.EDITION][edition.state]) if edition is not None else []
    fitting = onward and world.chance.random() < FITTING
    state = world.chance.choice(onward if fitting else [*EditionState.values, "strange"])
    return of_owner(world, edition, None, lambda u, e: actions("editions").move_edition(u, e, state))


@act
def write_an_edition(world: World) -> Callable[[], Any] | None:
    edition, dice, text, version = (
        world.any("Edition"),
        world.chance.randint(0, 4),
        world.text(),
        world.chance.randint(1, 2),
    )
    if edition is None:
        return None
    changed = edition_text(edition.slug).replace("quota: 2", f"quota: {world.chance.randint(1, 4)}")
    calls: list[Callable[[Any, Any], Any]] = [
        lambda u, e: actions("editions").create_edition(u, edition_text(f"walk-{version}")),
        lambda u, e: actions("editions").change_edition(u, e, changed, version),
        lambda u, e: actions("editions").amend(u, e, changed, text, e.version),
        lambda u, e: actions("editions").accept_unverified(u, e, [text]),
        lambda u, e: actions("editions").create_edition(u, text),
    ]
    return of_owner(world, edition, None, calls[dice])


@act
def appoint(world: World) -> Callable[[], Any] | None:
    person, city = world.people[world.chance.randint(1, 6)], world.chance.choice(["hong-kong", "shanghai", "x"])
    return of_owner(
        world,
        world.any("Edition"),
        None,
        lambda u, e: actions("judges").appoint(u, e, person, city=city, languages=["en"]),
    )


@act
def deal_with_a_judge(world: World) -> Callable[[], Any] | None:
    judge, team, dice, text = world.any("Judge"), world.any("Team"), world.chance.randint(0, 4), world.text()
    source = world.chance.choice(["self", "organiser", "strange"])
    rounds = world.some("Round")
    calls: list[Callable[[Any, Any], Any]] = [
        lambda u, j: actions("judges").confirm_identity(u, j),
        lambda u, j: actions("judges").declare_done(u, j),
        lambda u, j: actions("judges").drop_judge(u, j, text),
        lambda u, j: actions("judges").declare_conflict(u, j, team, source, text),
        lambda u, j: actions("judges").change_judge(u, j, languages=["en"], topics=[], rounds=rounds),
    ]
    if team is None:
        return None
    return of_owner(world, judge, judge.user if judge is not None else None, calls[dice])


@act
def withdraw_conflict(world: World) -> Callable[[], Any] | None:
    text = world.text()
    return of_owner(world, world.any("Conflict"), None, lambda u, c: actions("judges").withdraw_conflict(u, c, text))


@act
def grant_data(world: World) -> Callable[[], Any] | None:
    from dataferry.server.catalogue.models import Dataset

    dataset = Dataset.objects.order_by("pk").first()
    if dataset is None:
        return None
    return of_owner(
        world, world.any("Team"), None, lambda u, t: actions("data_use").grant_data(u, t, dataset, "coaching")
    )
