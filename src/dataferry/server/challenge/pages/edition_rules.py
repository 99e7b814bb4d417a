"""The rules of an edition as sentences, each with its origin; what is not known says so."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from dataferry.server.challenge import edition_words as words
from dataferry.server.challenge.edition_file import EditionFile
from dataferry.server.challenge.pages.edition_view import Origin, origin_of, title_of
from dataferry.server.display.words import city_name, number, size


@dataclass(frozen=True)
class Rule:
    """One rule: what it is about, the sentence (empty where it is not known), and where it comes from."""

    title: str
    text: str
    origin: Origin
    tag: str = ""


@dataclass(frozen=True)
class Section:
    code: str
    title: str
    rules: list[Rule]


def sections(file: EditionFile) -> list[Section]:
    """All the rules, by subject."""
    told = _Telling(file)
    return [
        Section("entering", _("Who may enter"), list(told.eligibility())),
        Section("handing-in", _("What is handed in"), list(told.deliverables())),
        Section("data", _("Data"), list(told.data_use())),
        Section("judging", _("How it is judged"), list(told.judging())),
        Section("awards", _("Awards"), list(told.awards())),
        Section("afterwards", _("Appeals, papers, nomination"), list(told.afterwards())),
    ]


class _Telling:
    def __init__(self, file: EditionFile) -> None:
        self.file = file
        self.origins = file.origins()

    def rule(self, title: str, path: str, text: str | None) -> Rule:
        return Rule(title, text or "", origin_of(self.origins.of(path)))

    def eligibility(self) -> Iterator[Rule]:
        rules = self.file.eligibility
        kinds = {"individual": _("individuals"), "corporate": _("companies")}
        among = [kinds[each] for each in rules.participants or ()]
        yield self.rule(_("Teams"), "eligibility.participants", words.listed(among))
        yield self._applied(_("Age"), "minimum_age", rules.minimum_age, self._age())
        yield self._applied(_("Residence"), "residence", rules.residence, self._among(rules.residence))
        yield self._applied(
            _("Companies registered in"),
            "company_registered",
            rules.company_registered,
            self._among(rules.company_registered),
        )
        yield self._applied(
            _("Teams of one person"), "one_team_per_person", rules.one_team_per_person, _("One person, one team.")
        )
        yield self._applied(_("Team size"), "team_size", rules.team_size, self._size())
        yield self._applied(
            _("Organisers and their relatives"),
            "organisers_and_relatives_barred",
            rules.organisers_and_relatives_barred,
            _("May not enter."),
        )
        frozen = rules.members_frozen
        after = frozen.after if frozen else None
        text = _("Nobody joins, leaves or is replaced after: %(phase)s.") % {"phase": words.kind_word(after or "")}
        yield self._applied(_("Members"), "members_frozen", frozen, text if after else None)
        for code, each in rules.declarations.items():
            said = title_of(each.words, code)
            path = f"eligibility.declarations.{code}.words.en"
            yield Rule(_("The team declares"), said.text, origin_of(self.origins.of(path)), said.tag)

    def _applied(self, title: str, name: str, rule: Any, text: str | None) -> Rule:
        """A rule that applies, does not, or is not known."""
        path = f"eligibility.{name}"
        if rule is None or rule.applies is None:
            return self.rule(title, f"{path}.applies", None)
        if not rule.applies:
            return self.rule(title, f"{path}.applies", _("No such rule."))
        check = {"declared": _("The team declares it."), "documented": _("The team shows papers.")}.get(
            rule.check or ""
        )
        return self.rule(title, f"{path}.applies", " ".join(part for part in (text, check) if part) or _("Applies."))

    def _age(self) -> str | None:
        rule = self.file.eligibility.minimum_age
        if rule is None or rule.years is None:
            return None
        return _("%(years)s or over.") % {"years": rule.years}

    def _among(self, rule: Any) -> str | None:
        if rule is None or rule.among is None:
            return None
        return words.listed([words.place_word(each) for each in rule.among]) + _(".")

    def _size(self) -> str | None:
        size_rule = self.file.eligibility.team_size
        if size_rule is None:
            return None
        least, most = size_rule.least, size_rule.most
        if least and most:
            return _("%(least)s to %(most)s people.") % {"least": least, "most": most}
        if most:
            return _("At most %(most)s people.") % {"most": most}
        return _("At least %(least)s people.") % {"least": least} if least else None

    def deliverables(self) -> Iterator[Rule]:
        for code, asked in self.file.deliverables.items():
            told = [_("Required.") if asked.required else "", *self._file_limits(asked), *self._file_languages(asked)]
            title = title_of(asked.title, code)
            path = f"deliverables.{code}"
            shown = next(
                (path_ for path_ in self.file.values() if path_.startswith(f"{path}.most")), f"{path}.required"
            )
            yield Rule(title.text, " ".join(filter(None, told)), origin_of(self.origins.of(shown)), title.tag)

    def _file_limits(self, asked: Any) -> Iterator[str]:
        if asked.types is not None:
            yield _("Types: %(types)s.") % {"types": words.listed([each.upper() for each in asked.types])}
        if asked.most_bytes is not None:
            yield _("At most %(size)s.") % {"size": size(asked.most_bytes)}
        if asked.most_pages is not None:
            yield ngettext("At most %(count)s page.", "At most %(count)s pages.", asked.most_pages) % {
                "count": number(asked.most_pages)
            }
        if asked.least_seconds is not None and asked.most_seconds is not None:
            yield _("%(least)s to %(most)s seconds.") % {"least": asked.least_seconds, "most": asked.most_seconds}
        elif asked.most_seconds is not None:
            yield _("At most %(most)s seconds.") % {"most": asked.most_seconds}

    def _file_languages(self, asked: Any) -> Iterator[str]:
        if asked.languages is not None:
            sets = [_(" and ").join(words.tongue_word(each) for each in one) for one in asked.languages]
            yield _("Written in %(languages)s.") % {"languages": _("; or ").join(sets)}
        if asked.speech is not None:
            ways = []
            for one in asked.speech:
                spoken_word = words.tongue_word(one.spoken)
                if one.subtitles:
                    under = words.listed([words.tongue_word(each) for each in one.subtitles])
                    spoken_word = _("%(spoken)s with subtitles in %(written)s") % {
                        "spoken": spoken_word,
                        "written": under,
                    }
                ways.append(spoken_word)
            yield _("Spoken in %(languages)s.") % {"languages": _("; or ").join(ways)}

    def data_use(self) -> Iterator[Rule]:
        use = self.file.data_use
        cities = {"required": _("Required."), "recommended": _("Recommended."), "no": _("Not asked.")}
        yield self.rule(_("Open data of both cities"), "data_use.both_cities", cities.get(use.both_cities or ""))
        others = {
            "no": _("Only datasets of the organisers."),
            "reliable": _("Datasets that the organisers provide or recommend, or another reliable source."),
            "any": _("Any source."),
        }
        yield self.rule(_("Sources"), "data_use.other_sources", others.get(use.other_sources or ""))
        for code, each in use.recommended.items():
            title = title_of(each.title, each.dataset)
            origin = origin_of(self.origins.of(f"data_use.recommended.{code}.dataset"))
            yield Rule(_("Recommended"), title.text, origin, title.tag)
        for code, granted in use.conditional.items():
            title = title_of(granted.title, granted.dataset)
            text = _("%(dataset)s, for the time of: %(phase)s.") % {
                "dataset": title.text,
                "phase": words.kind_word(granted.phase),
            }
            yield self.rule(_("On conditions"), f"data_use.conditional.{code}.dataset", text)

    def judging(self) -> Iterator[Rule]:
        for code, each in self.file.rounds.items():
            title = title_of(each.title, code).text
            rubric = self.file.rubrics.get(each.rubric or "")
            if rubric:
                yield self.rule(
                    _("%(round)s: rubric") % {"round": title},
                    f"rounds.{code}.rubric",
                    title_of(rubric.title, rubric.code).text,
                )
            method = words.method_word(each.method) if each.method else None
            yield self.rule(_("%(round)s: method") % {"round": title}, f"rounds.{code}.method", method)
            judges = _("all judges") if each.judges_per_entry == "all" else each.judges_per_entry
            yield self.rule(
                _("%(round)s: judges of an entry") % {"round": title},
                f"rounds.{code}.judges_per_entry",
                str(judges) if judges else None,
            )
            ties = _("; then ").join(words.tie_word(tie) for tie in each.ties or ())
            yield self.rule(_("%(round)s: ties") % {"round": title}, f"rounds.{code}.ties", ties)
        for stage in dict.fromkeys(each.stage for each in self.file.rounds.values()):
            hidden = getattr(self.file.anonymity, stage)
            text = None
            if hidden is not None:
                text = words.listed([words.hidden_word(each) for each in hidden]) or _("nothing")
            title = _("Hidden from judges: %(stage)s") % {"stage": words.kind_word(stage)}
            yield self.rule(title, f"anonymity.{stage}", text)
        if self.file.anonymity.leak_more_than is not None:
            text = _("Reported by more than %(count)s judges.") % {"count": self.file.anonymity.leak_more_than}
            yield self.rule(_("When an entry gives itself away"), "anonymity.leak_more_than", text)

    def awards(self) -> Iterator[Rule]:
        for code, each in self.file.awards.items():
            title = title_of(each.title, code)
            theme = self.file.themes.get(each.theme or "")
            told = [_("For the theme %(theme)s.") % {"theme": title_of(theme.title, theme.code).text}] if theme else []
            if each.count:
                told.append(ngettext("One is given.", "%(count)s are given.", each.count) % {"count": each.count})
            if each.exclusive is not None:
                only = _("Only to an entry without another award.")
                told.append(only if each.exclusive else _("Also to an entry with another award."))
            origin = origin_of(self.origins.of(f"awards.{code}.kind"))
            yield Rule(title.text, " ".join(told) or _("Given."), origin, title.tag)

    def afterwards(self) -> Iterator[Rule]:
        appeals, nomination = self.file.appeals, self.file.nomination
        yield self.rule(_("Appeals"), "appeals.applies", self._appeals() if appeals.applies is not None else None)
        text = None
        if nomination.applies is False:
            text = _("Nobody is nominated.")
        elif nomination.applies:
            who = {
                "awarded": _("Entries with an award are nominated."),
                "finalists": _("Finalists are nominated."),
                "chosen": _("Selected entries are nominated."),
            }
            text = who.get(nomination.who or "", _("Entries are nominated."))
            if nomination.contest:
                text += " " + title_of(nomination.contest, "").text
        yield self.rule(_("Nomination"), "nomination.applies", text)
        papers = self.file.retention.identity_papers
        yield self.rule(_("Identity papers"), "retention.identity_papers.applies", self._papers(papers))

    def _appeals(self) -> str:
        appeals = self.file.appeals
        if not appeals.applies:
            return _("There are no appeals.")
        told = []
        if appeals.days:
            told.append(
                ngettext("Within %(count)s day.", "Within %(count)s days.", appeals.days) % {"count": appeals.days}
            )
        if appeals.grounds:
            grounds = words.listed([words.ground_word(each) for each in appeals.grounds])
            told.append(_("On grounds of %(grounds)s.") % {"grounds": grounds})
        if appeals.fee == "none":
            told.append(_("Free of charge."))
        return " ".join(told) or _("There are appeals.")

    def _papers(self, papers: Any) -> str | None:
        if papers is None or papers.applies is None:
            return None
        if not papers.applies:
            return _("None are asked for.")
        told = (
            [_("Asked for from: %(phase)s.") % {"phase": words.kind_word(papers.asked_from)}]
            if papers.asked_from
            else []
        )
        if papers.destroyed_days is not None and papers.counted_from:
            told.append(
                ngettext(
                    "Destroyed %(count)s day after: %(phase)s.",
                    "Destroyed %(count)s days after: %(phase)s.",
                    papers.destroyed_days,
                )
                % {"count": papers.destroyed_days, "phase": words.kind_word(papers.counted_from)}
            )
        return " ".join(told) or _("Asked for.")


def divisions(file: EditionFile) -> list[dict[str, Any]]:
    """The divisions with their city, quota and languages."""
    origins = file.origins()
    return [
        {
            "title": title_of(each.title, each.code),
            "city": each.city,
            "city_name": city_name(each.city),
            "zone": words.zone_word(each.time_zone),
            "quota": "" if each.quota is None else number(each.quota),
            "languages": words.listed([words.tongue_word(code) for code in each.languages or ()]),
            "origin": origin_of(origins.of(f"divisions.{code}.quota")),
        }
        for code, each in file.divisions.items()
    ]
