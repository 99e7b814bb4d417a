"""Every page and every operation of the challenge, with the thing of `matrix_season` that it is tried on.

A page's line: the edition; which of its things the arguments of the address name (an argument that is not listed takes
the thing of its own name); then what is posted besides nothing at all. `{...}` are things of the edition.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Line:
    place: str
    names: dict[str, str]
    posts: tuple[str, ...]


def at(place: str, names: str = "", *posts: str) -> Line:
    return Line(place, dict(each.split("=") for each in names.split()), posts)


EDITIONS = {
    "editions": at("open"),
    "edition-new": at("open", "", "preset=hsodc-current&slug=quite-new"),
    "edition": at("open"),
    "edition-amendment": at("judged", "number=amendment"),
    "edition-setup": at("drafted"),
    "edition-file": at("drafted", "", "act=save&edition-text=x"),
    "edition-accept": at("drafted", "", "path=title&confirmed=yes"),
    "edition-announce": at("drafted", "", "confirmed=yes"),
    "edition-move": at("open", "", "state=closed"),
}
TEAMS = {
    "challenge-mine": at("open"),
    "challenge-invitation": at("open", "number=invitation", "do=accept"),
    "challenge-team": at(
        "open",
        "number=team",
        "do=invite&email=new@matrix.example",
        "do=change&name=New&kind=individual",
        "do=take_back&number={invitation}",
        "do=remove&number={member}",
        "do=lead&number={member}",
        "do=leave",
        "do=withdraw&sure=yes",
    ),
    "challenge-check": at("open", "number=check", "said=yes"),
    "challenge-paper": at("open", "number=paper"),
    "challenge-paper-receipt": at("open", "number=receipt"),
    "challenge-paper-destroy": at("open", "number=paper", "sure=yes"),
    "challenge-register": at("open", "", "name=Newcomers&division=hk&kind=individual"),
    "challenge-eligibility": at("open", "code=division"),
    "challenge-check-decide": at("open", "number=documented", "outcome=passed&seen=documented"),
    "challenge-paper-read": at("open", "number=paper"),
    "challenge-team-relations": at("open", "number=team", "kind=employer&other=Elsewhere"),
}
ENTRIES = {
    "challenge-entry-start": at("open", "number=team", "subcategory=transportation"),
    "challenge-entry": at(
        "open",
        "code=entry",
        "do=texts&revision={revision}&title_en=New&subcategory=transportation",
        "do=outside&title=Log&publisher=Somebody&licence=CC-BY-4.0&address=https://example.org/log&purpose=x",
        "do=submit",
        "do=withdraw&sure=yes",
        "do=remove_file&number={artefact}",
        "do=decide&outcome=disqualified&reason=Copied",
    ),
    "challenge-entry-file": at("open", "code=entry number=artefact"),
    "challenge-entries": at("open", "", "division=hk"),
}
JUDGING = {
    "challenge-desk": at("judged"),
    "challenge-desk-sheet": at("judged", "number=sheet", "revision=1&score-data=70"),
    "challenge-desk-save": at("judged", "number=sheet", "revision=1&score-data=70"),
    "challenge-desk-sign": at("judged", "number=sheet", "revision={sheet_revision}&sure=yes&read=yes"),
    "challenge-desk-recuse": at("judged", "number=sheet", "reason=Friends"),
    "challenge-desk-report": at("judged", "number=sheet", "reason=Name"),
    "challenge-desk-file": at("judged", "number=sheet"),
    "challenge-desk-relations": at("judged", "number=judge", "kind=employer&other=Elsewhere", "do=done"),
    "challenge-desk-ballots": at("judged", "code=round", "better={entry}&worse={other_entry}"),
    "challenge-judges": at("judged", "", "email={person_email}&city=hong-kong&languages=en"),
    "challenge-judge": at("judged", "number=judge", "do=confirm", "do=drop&leave-reason=Ill"),
    "challenge-conflicts": at(
        "judged",
        "",
        "do=declare&judge={judge}&team={team}&source=organiser&reason=Friends",
        "do=withdraw&conflict={conflict}&reason=Wrong",
        "do=set-aside&sheet={signed}&reason=Friends",
    ),
    "challenge-round-judging": at(
        "judged", "code=round", "do=open", "do=close&reason=Late", "do=report&entry={entry_number}&reason=No"
    ),
    "challenge-round-anchors": at("judged", "code=round", "entries={entry_number}"),
    "challenge-round-calibration": at("judged", "code=round", "entries={entry_number}"),
    "challenge-round-assignment": at("judged", "code=round", "do=assign"),
    "challenge-round-sheets": at(
        "judged", "code=round", "do=confirm&reopening={reopening}", "do=propose&sheet={other_signed}&reason=Typed"
    ),
}
RESULTS = {
    "challenge-results": at("played"),
    "challenge-results-press": at("played"),
    "challenge-results-json": at("played"),
    "challenge-results-csv": at("played"),
    "challenge-round-result": at(
        "played", "code=round", "do=compute&reason=Again", "do=replay", "do=publish", "do=shortlist", "do=feedback"
    ),
    "challenge-result-revision": at("played", "code=screening number=revision_number"),
    "challenge-result-document": at("played", "code=screening number=revision_number"),
    "challenge-appeals": at("played"),
    "challenge-appeal": at("played", "number=appeal", "do=admit", "do=withdraw", "do=refuse&reason=Taste"),
    "challenge-team-appeals": at(
        "played", "number=team", "grounds=arithmetic&statement=Wrong&result={result}&entry={entry}"
    ),
    "challenge-final-order": at("played", "code=round", "do=draw&starts_at=2026-07-11T09:00&present=8&questions=5"),
    "challenge-final-timer": at("played", "code=round", "do=begin&slot={slot}"),
    "challenge-final-screen": at("played", "code=round"),
    "challenge-final-clock": at("played", "code=round"),
    "challenge-nominations": at("played", "", "do=select", "do=accepted&nomination={nomination}"),
    "challenge-nomination-package": at("played", "number=nomination"),
    "challenge-nomination": at("played", "number=nomination", "do=agree"),
    "challenge-certificates": at("played", "", "do=issue"),
    "challenge-team-certificates": at("played", "number=team"),
    "challenge-certificate": at("played"),
    "challenge-certificate-pdf": at("played"),
    "challenge-credential": at("played"),
    "challenge-credential-address": at("played"),
    "challenge/certificates/<slug:serial>/": at("played"),
    "challenge-status-list": at("played"),
    "challenge-team-feedback": at("played", "number=team"),
}
DESK = {
    "challenge-organiser": at("judged"),
    "challenge-audit": at("judged"),
    "challenge-table": at("judged"),
    "challenge-calendar": at("judged"),
    "challenge-mentors": at("judged", "", "do=end&mentorship={mentorship}"),
    "challenge-sessions-planning": at("judged"),
    "challenge-session": at("judged", "number=session", "do=cancel"),
    "challenge-sessions": at(
        "judged", "", "session={session}&team={team}", "do=give_back&session={session}&team={team}"
    ),
    "challenge-campaigns": at("judged"),
    "challenge-campaign-new": at("judged"),
    "challenge-campaign": at("judged", "number=campaign", "do=cancel", "do=withdraw"),
    "challenge-campaign-change": at("judged", "number=campaign"),
    "challenge-campaign-confirm": at("judged", "number=campaign", "sure=yes"),
    "challenge-rehearsal": at("drafted"),
    "challenge-data-grants": at("judged", "", "do=take_back&number={grant}"),
    "challenge-listings": at("played"),
    "challenge-listing": at("played", "code=entry"),
    "challenge-listing-dossier": at("played", "code=entry"),
    "challenge-mentoring": at("judged"),
    "challenge-mentored-team": at("judged", "number=team"),
}
AGAIN: dict[str, Line] = {
    "challenge-team": at("judged", "number=team"),
    "challenge-entry": at("judged", "code=entry"),
    "challenge-team-relations": at("judged", "number=team"),
    "get_team": at("judged", "team_id=team"),
    "list_team_members": at("judged", "team_id=team"),
    "list_team_checks": at("judged", "team_id=team"),
    "get_entry": at("judged", "code=entry"),
    "list_submissions": at("judged", "code=entry"),
    "list_entry_files": at("judged", "code=entry"),
}
"""Tried once more: on the team and the entry that the judge has a sheet for."""
PAGES: dict[str, Line] = {**EDITIONS, **TEAMS, **ENTRIES, **JUDGING, **RESULTS, **DESK}

OPERATIONS: dict[str, Line] = {
    "list_editions": at("open"),
    "get_edition": at("drafted"),
    "get_edition_file": at("judged"),
    "list_amendments": at("judged"),
    "get_amendment": at("judged", "number=amendment"),
    "get_edition_results": at("played"),
    "list_own_teams": at("open"),
    "register_team": at("open"),
    "get_team": at("open", "team_id=team"),
    "change_team": at("open", "team_id=team"),
    "withdraw_team": at("open", "team_id=team"),
    "list_team_members": at("open", "team_id=team"),
    "remove_team_member": at("open", "team_id=team member_id=member"),
    "hand_over_team": at("open", "team_id=team member_id=member"),
    "list_sent_invitations": at("open", "team_id=team"),
    "invite_to_team": at("open", "team_id=team"),
    "list_team_invitations": at("open"),
    "answer_team_invitation": at("open", "invitation_id=invitation"),
    "take_back_team_invitation": at("open", "invitation_id=invitation"),
    "list_team_checks": at("open", "team_id=team"),
    "declare_eligibility": at("open", "check_id=check"),
    "list_division_checks": at("open", "code=division"),
    "decide_eligibility": at("open", "check_id=documented"),
    "list_entries": at("open"),
    "start_entry": at("open"),
    "get_entry": at("open", "code=entry"),
    "change_entry": at("open", "code=entry"),
    "submit_entry": at("open", "code=entry"),
    "list_submissions": at("open", "code=entry"),
    "list_entry_files": at("open", "code=entry"),
    "add_entry_file": at("open", "code=entry"),
    "add_entry_dataset": at("open", "code=entry"),
    "attach_entry_release": at("open", "code=entry"),
    "decide_entry": at("judged", "code=entry"),
    "withdraw_entry": at("open", "code=entry"),
    "list_judges": at("judged"),
    "appoint_judge": at("judged"),
    "confirm_judge": at("judged"),
    "declare_done": at("judged"),
    "drop_judge": at("judged"),
    "list_conflicts": at("judged"),
    "declare_conflict": at("judged"),
    "withdraw_conflict": at("judged"),
    "get_round": at("judged", "code=round"),
    "set_anchors": at("judged", "code=round"),
    "begin_practice": at("judged", "code=unplanned"),
    "open_round": at("judged", "code=unplanned"),
    "assign_round": at("judged", "code=round"),
    "close_round": at("judged", "code=round"),
    "cast_ballot": at("judged", "code=round"),
    "propose_reopening": at("judged", "sheet=other_signed"),
    "confirm_reopening": at("judged", "sheet=signed"),
    "list_sheets": at("judged"),
    "get_sheet": at("judged"),
    "save_sheet": at("judged"),
    "sign_sheet": at("judged"),
    "recuse_sheet": at("judged"),
    "report_anonymity": at("judged"),
    "get_sheet_file": at("judged", "number=position"),
    "list_sessions": at("judged"),
    "create_session": at("judged"),
    "change_session": at("judged"),
    "cancel_session": at("judged"),
    "book_session": at("judged"),
    "give_back_place": at("judged"),
    "list_mentorships": at("judged"),
    "attach_mentor": at("judged"),
    "end_mentorship": at("judged"),
    "list_campaigns": at("judged"),
    "write_campaign": at("judged"),
    "get_campaign": at("judged"),
    "change_campaign": at("judged"),
    "confirm_campaign": at("judged"),
    "cancel_campaign": at("judged"),
}
