"""What a judge sees of an entry. Everything that judges are shown of entries goes through here, and nothing else does.

The values are plain: no team, no person, no organisation, no name of a file, nothing that leads to one. Texts of the
team have its own names blacked out while a round is anonymous. A field that is not here cannot leak.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import PurePosixPath
from typing import Any

from allauth.account.models import EmailAddress
from django.contrib.auth.models import User

from dataferry.server.challenge.models import Artefact, DataUse, Entry, ScoreSheet, Submission, Team
from dataferry.server.challenge.queries import sheets
from dataferry.server.challenge.redaction import needles, redacted
from dataferry.server.display.evidence import Chip, chips
from dataferry.server.people.models import Membership, Organisation, Profile

SUFFIXES: Mapping[str, str] = {
    "application/pdf": "pdf",
    "video/mp4": "mp4",
    "video/quicktime": "mov",
    "video/webm": "webm",
    "image/png": "png",
    "image/jpeg": "jpg",
    "text/vtt": "vtt",
}
"""What the end of a neutral name may be. Anything else is `bin`."""


@dataclass(frozen=True)
class BlindFile:
    """A file of an entry under a neutral name. `number` is its place in the entry's list, from 1."""

    number: int
    role: str
    title: Mapping[str, str]
    language: str
    media_type: str
    name: str
    bytes: int
    pages: int | None
    seconds: int | None
    readable: bool


@dataclass(frozen=True)
class BlindUse:
    """A dataset that an entry uses, as the house vouches for it. `slug` only where everybody may open the dataset."""

    title: Mapping[str, str]
    slug: str
    city: str
    licence: str
    licence_state: str
    basis: str
    received: datetime | None
    newest: bool | None
    withdrawn: bool
    purpose: str

    @property
    def verified(self) -> bool:
        """The catalogue or a release vouches for it; the team's word alone does not."""
        return self.basis in ("catalogue", "release")


@dataclass(frozen=True)
class BlindEntry:
    """An entry as a judge sees it."""

    code: str
    city: str
    theme: Mapping[str, str]
    subcategory: Mapping[str, str]
    language: str
    title: Mapping[str, str]
    summary: Mapping[str, str]
    files: tuple[BlindFile, ...]
    uses: tuple[BlindUse, ...]
    evidence: tuple[Chip, ...]
    hidden_parts: bool


def blind_entry(sheet: ScoreSheet) -> BlindEntry:
    """The entry of a sheet, for the sheet's judge."""
    entry, round_ = sheet.entry, sheet.round
    anonymous = sheets.is_anonymous(round_)
    names = identities(entry.team) if anonymous else []
    handed_in = _handed_in(entry)
    title = _texts(handed_in.get("title", entry.title))
    summary = _texts(handed_in.get("summary", entry.summary))
    shown = {key: redacted(text, names) for key, text in title.items()}
    told = {key: redacted(text, names) for key, text in summary.items()}
    uses = tuple(_use(use, names) for use in _uses(entry))
    theme, subcategory = _topic(entry, str(handed_in.get("subcategory") or entry.subcategory))
    return BlindEntry(
        code=entry.code,
        city="" if anonymous and "division" in (sheets.hidden_fields(round_) or ()) else entry.city,
        theme=theme,
        subcategory=subcategory,
        language=str(handed_in.get("language") or entry.language),
        title=shown,
        summary=told,
        files=tuple(blind_files(sheet)),
        uses=uses,
        evidence=_evidence(entry),
        hidden_parts=(shown, told) != (title, summary),
    )


def headline(sheet: ScoreSheet) -> Mapping[str, str]:
    """The title of a sheet's entry, for lists."""
    names = identities(sheet.entry.team) if sheets.is_anonymous(sheet.round) else []
    return {key: redacted(text, names) for key, text in _texts(sheet.entry.title).items()}


def headlines(listed: Iterable[ScoreSheet]) -> dict[int, Mapping[str, str]]:
    """Titles for many sheets, in a number of queries that does not grow with them. By sheet."""
    rows = list(listed)
    teams = {sheet.entry.team_id for sheet in rows if sheets.is_anonymous(sheet.round)}
    names = _identities(teams)
    return {
        sheet.pk: {
            key: redacted(text, names.get(sheet.entry.team_id, [])) for key, text in _texts(sheet.entry.title).items()
        }
        for sheet in rows
    }


def identities(team: Team) -> list[str]:
    """Everything by which a team can be known, as `redaction` looks for it."""
    return _identities({team.pk})[team.pk]


def _identities(teams: set[int]) -> dict[int, list[str]]:
    rows = Team.objects.filter(pk__in=teams).prefetch_related("members")
    listed = list(rows)
    people = {member.user_id for team in listed for member in team.members.all() if member.user_id}
    own = _words_of_people(people)
    houses = _organisations({team.organisation_id for team in listed if team.organisation_id})
    found = {}
    for team in listed:
        words = {team.name, *houses.get(team.organisation_id or 0, ())}
        for member in team.members.all():
            words |= own.get(member.user_id or 0, set())
        found[team.pk] = needles(words)
    return found


def _words_of_people(people: set[int]) -> dict[int, set[str]]:
    found: dict[int, set[str]] = {person: set() for person in people}
    for user in User.objects.filter(pk__in=people):
        whole = f"{user.first_name} {user.last_name}".strip()
        found[user.pk] |= {whole, f"{user.last_name}{user.first_name}", user.email}
    for person, name in Profile.objects.filter(user__in=people).values_list("user", "display_name"):
        found[person].add(name)
    for person, email in EmailAddress.objects.filter(user__in=people).values_list("user", "email"):
        found[person] |= {email, email.partition("@")[0]} if "." in email.partition("@")[0] else {email}
    belongs = list(Membership.objects.filter(user__in=people).values_list("user", "organisation"))
    houses = _organisations({organisation for _person, organisation in belongs})
    for person, organisation in belongs:
        found[person] |= houses.get(organisation, set())
    return found


def _organisations(numbers: set[int]) -> dict[int, set[str]]:
    rows = Organisation.objects.filter(pk__in=numbers)
    return {each.pk: {str(text) for text in each.name.values() if text} for each in rows}


def _handed_in(entry: Entry) -> Mapping[str, Any]:
    """The newest version that was handed in; nothing where none was."""
    newest = Submission.objects.filter(entry=entry).order_by("-number").values_list("document", flat=True).first()
    return newest or {}


def _texts(value: Any) -> dict[str, str]:
    """A three-language text as plain texts, with or without their provenance."""
    if not isinstance(value, Mapping):
        return {}
    found = {str(key): each.get("text", "") if isinstance(each, Mapping) else str(each) for key, each in value.items()}
    return {key: text for key, text in found.items() if text}


def _topic(entry: Entry, code: str) -> tuple[Mapping[str, str], Mapping[str, str]]:
    for theme in entry.edition.file.themes.values():
        if code in theme.subcategories:
            return theme.title.to_json(), theme.subcategories[code].title.to_json()
    return {}, {"en": code}


# Files


def blind_files(sheet: ScoreSheet) -> list[BlindFile]:
    """The files of an entry in order of role and language, under neutral names."""
    return [_file(sheet, number, artefact) for number, artefact in enumerate(_artefacts(sheet.entry), start=1)]


def artefact_of(sheet: ScoreSheet, number: int) -> Artefact | None:
    """The file behind a number of `blind_files`. Not for pages."""
    listed = _artefacts(sheet.entry)
    return listed[number - 1] if 1 <= number <= len(listed) else None


def neutral_name(sheet: ScoreSheet, artefact: Artefact) -> str:
    """How a file is called for judges: code, role, language. Nothing of its own name."""
    language = "".join(c for c in artefact.language if c.isascii() and (c.isalnum() or c == "-"))
    stem = "-".join(part for part in (sheet.entry.code, artefact.role, language) if part)
    return str(PurePosixPath(stem).name) + "." + SUFFIXES.get(artefact.media_type, "bin")


def _artefacts(entry: Entry) -> list[Artefact]:
    """What was handed in, and what later phases asked for."""
    named = {each.get("artefact") for each in _handed_in(entry).get("artefacts", ())}
    rows = list(Artefact.objects.filter(entry=entry).order_by("role", "language", "pk"))
    demands = entry.edition.file.deliverables
    later = {role for role, demand in demands.items() if demand.phase != "submission"}
    if not named:
        return [each for each in rows if each.removed_at is None]
    return [each for each in rows if each.pk in named or (each.removed_at is None and each.role in later)]


def _file(sheet: ScoreSheet, number: int, artefact: Artefact) -> BlindFile:
    demand = sheet.round.edition.file.deliverables.get(artefact.role)
    return BlindFile(
        number=number,
        role=artefact.role,
        title=demand.title.to_json() if demand and demand.title else {"en": artefact.role},
        language=artefact.language,
        media_type=artefact.media_type,
        name=neutral_name(sheet, artefact),
        bytes=artefact.bytes,
        pages=_number(artefact.facts.get("pages")),
        seconds=_number(artefact.facts.get("seconds")),
        readable=artefact.media_type in SUFFIXES,
    )


def _number(value: Any) -> int | None:
    return round(value) if isinstance(value, int | float) and not isinstance(value, bool) else None


# Data use


def _uses(entry: Entry) -> list[DataUse]:
    return list(DataUse.objects.filter(entry=entry).select_related("dataset").order_by("pk"))


def _use(use: DataUse, names: list[str]) -> BlindUse:
    dataset, said = use.dataset, use.verified
    # A dataset that is not public may be the team's own: its title and keeper say who they are.
    public = dataset is not None and dataset.is_public
    given = _texts(dataset.title) if dataset is not None and public else _stated(use, names)
    if dataset is not None and not public:
        given = {}
    received = said.get("received")
    return BlindUse(
        title={key: redacted(text, names) for key, text in given.items()},
        slug=dataset.slug if dataset is not None and public and not _names(dataset, names) else "",
        city=str(said.get("city") or ""),
        licence=str(said.get("licence") or "unknown"),
        licence_state=str(said.get("licence_state") or "unknown"),
        basis=str(said.get("basis") or "stated"),
        received=datetime.fromisoformat(received) if isinstance(received, str) else None,
        newest=said.get("newest"),
        withdrawn=bool(said.get("withdrawn")),
        purpose=redacted(use.purpose, names),
    )


def _names(dataset: Any, names: list[str]) -> bool:
    """Whether the dataset's own page would name the team: it was brought here by one of them."""
    shown = f"{dataset.publisher}\n{dataset.attribution}\n{_texts(dataset.title)}\n{_texts(dataset.description)}"
    return redacted(shown, names) != shown


def _stated(use: DataUse, names: list[str]) -> dict[str, str]:
    """What the team calls data from elsewhere, or a release calls its input."""
    name = use.outside.get("title") or use.outside.get("name") or use.verified.get("input") or ""
    return {"en": str(name)} if isinstance(name, str) and name else _texts(name)


def _evidence(entry: Entry) -> tuple[Chip, ...]:
    """The six chips of the entry's release; none where it has none. They lead nowhere: the release names its maker."""
    release = entry.release
    return tuple(chips(release.document["evidence"])) if release is not None else ()
