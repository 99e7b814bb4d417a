"""Who made this? Names, addresses and marks of a team in a file that is to be anonymous. Only in the confined child."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from dataferry.server.challenge.inspection import kinds
from dataferry.server.challenge.inspection.demands import Identities
from dataferry.server.challenge.inspection.films import BrokenFilmError, Film, read_film
from dataferry.server.challenge.inspection.findings import Finding, Severity
from dataferry.server.challenge.inspection.names import Haystack, Needle, masked, masked_address, needles
from dataferry.server.challenge.inspection.office import look_into, read_office
from dataferry.server.challenge.inspection.pdf_reading import Paper, UnreadablePdfError, read_pdf

MOST_FINDINGS = 200
_EMAIL = re.compile(r"[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{2,63}){1,4}")
_PHONE = re.compile(
    r"(?<![\d.,/-])(?:(?:\+|00)\s?(?:852|853|86|886)[\s-]?\d[\d\s-]{6,13}\d"
    r"|(?:tel|phone|mobile|whatsapp|wechat|微信|電話|电话|手機|手机|聯絡|联系)[\s:：.]{0,3}\d[\d\s-]{6,13}\d"
    r"|1[3-9]\d{9})(?!\d|[.,]\d)",
    re.IGNORECASE,
)
_PROFILE = re.compile(
    r"(?:linkedin\.com/(?:in|company)/|(?:github|gitee|gitlab)\.com/|(?:facebook|instagram|twitter|x|threads)\.com/"
    r"|weibo\.com/|weibo\.cn/|zhihu\.com/(?:people|org)/|space\.bilibili\.com/|xiaohongshu\.com/user/|t\.me/"
    r"|youtube\.com/@|behance\.net/|orcid\.org/|scholar\.google\.[a-z.]+/citations)[\w@.%-]{2,60}",
    re.IGNORECASE,
)
_HOME = re.compile(r"(?i)[\\/](?:Users|home)[\\/]([^\\/\s<>\"']{1,60})")
_NOBODY = frozenset(
    {"", "anonymous", "unknown", "user", "author", "admin", "administrator", "none", "匿名", "微软用户"}
)
_PROPERTIES = "Author Manager Company creator lastModifiedBy initial-creator artist copyright LastSavedBy Owner"
_NAMING = frozenset(_PROPERTIES.split())


class LeakScan:
    """One file searched for whoever made it: each place is a text with a page and a name for the kind of place."""

    def __init__(self, path: Path, name: str, identities: Identities, film: Film | None = None) -> None:
        self.path, self.name, self.film = path, name, film
        self.emails = {address.casefold() for address in identities.emails}
        names = {"person": identities.people, "organisation": identities.organisations, "team": identities.teams}
        self.needles = needles({kind: list(each) for kind, each in names.items()})
        self.findings: list[Finding] = []
        self._seen: set[tuple[Any, ...]] = set()

    def add(self, code: str, severity: Severity, page: int | None = None, **data: Any) -> None:
        key = (code, page, *(str(value) for name, value in data.items() if name != "where"))
        if key not in self._seen and len(self.findings) < MOST_FINDINGS:
            self._seen.add(key)
            self.findings.append(Finding(f"server.challenge.{code}", severity, "", None, page, data))

    def run(self) -> None:
        """Search everything that can be read."""
        self._names("file_name", None, self.name)
        kind = kinds.kind_of(self.path)
        if kind == "pdf":
            self._paper()
        elif kind in kinds.FILMS:
            self._moving_picture(kind)
        elif kind in kinds.ARCHIVES - {"zip"}:
            self._office(kind)
        elif kind == "text":
            self._text("text", None, self.path.read_bytes()[: 8 * 1024 * 1024].decode("utf-8", "replace"))
        else:
            self.add("leak_not_read", "unknown", found=kind)

    def _paper(self) -> None:
        try:
            paper = read_pdf(self.path, look_for_hidden=True)
        except UnreadablePdfError:
            self.add("leak_not_read", "unknown", found="pdf")
            return
        if paper.locked:
            self.add("leak_not_read", "unknown", found="pdf")
            return
        for where, page, text in _places_of(paper):
            self._text(where, page, text)
        self._properties(paper.metadata)
        for page in paper.hidden:
            self.add("leak_hidden_text", "warn", page)
        without = [number for number, text in enumerate(paper.texts, 1) if len(text.strip()) < 10]
        if without or not paper.all_read:
            self.add("leak_pictures", "unknown", pages=[str(number) for number in without[:20]], count=len(without))

    def _office(self, kind: str) -> None:
        try:
            if look_into(self.path).is_bomb:
                self.add("leak_not_read", "unknown", found=kind)
                return
            office = read_office(self.path)
        except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError, RuntimeError, EOFError):
            self.add("leak_not_read", "unknown", found=kind)
            return
        for page, text in office.texts:
            self._text("text", page, text)
        for page, text in office.alts:
            self._text("alt", page, text)
        for text in office.comments:
            self._text("annotation", None, text)
        self._properties(office.metadata)

    def _moving_picture(self, kind: str) -> None:
        film = self.film
        if film is None and kind in ("mp4", "mov"):
            try:
                film = read_film(self.path)
            except BrokenFilmError:
                film = None
        if film is None:
            self.add("leak_not_read", "unknown", found=kind)
            return
        for key, text in film.tags:
            self._text("metadata", None, text)
            if key in _NAMING:
                self._properties({key: text})
        # What is shown and said in a film is for people to look at.
        self.add("leak_film_not_watched", "unknown")

    def _text(self, where: str, page: int | None, text: str) -> None:
        self._names(where, page, text)
        for address in _EMAIL.findall(text):
            own = address.casefold() in self.emails
            self.add("leak_email", "warn", page, example=masked_address(address), where=where, declared=own)
        for number in _PHONE.findall(text):
            digits = re.sub(r"\D", "", number)
            self.add("leak_phone", "warn", page, example=digits[:2] + "•" * (len(digits) - 2), where=where)
        for address in _PROFILE.findall(text):
            host, _, rest = address.partition("/")
            self.add("leak_profile", "warn", page, example=f"{host}/{masked_address(rest)}", where=where)

    def _names(self, where: str, page: int | None, text: str) -> None:
        haystack = Haystack.of(text)
        for needle in self.needles:
            if haystack.holds(needle):
                self._name(where, page, needle)

    def _name(self, where: str, page: int | None, needle: Needle) -> None:
        # A name of one or two characters is also an ordinary word now and then: for a person to decide.
        code = "leak_name_on_page" if page is not None else f"leak_name_{where if where in _WHERE else 'text'}"
        self.add(code, "warn", page, example=needle.shown, kind=needle.kind, where=where)

    def _properties(self, metadata: dict[str, str]) -> None:
        for key, value in metadata.items():
            plain = value.strip()
            for user in _HOME.findall(plain):
                self.add("leak_user_name", "warn", key=key, example=masked(user))
            if key in _NAMING and plain.casefold() not in _NOBODY:
                self.add("leak_author", "warn", key=key, example=masked(plain))


_WHERE = frozenset({"file_name", "metadata", "annotation", "alt", "bookmark"})


def _places_of(paper: Paper) -> Iterator[tuple[str, int | None, str]]:
    """Every text of a PDF with the kind of place and the page."""
    for number, text in enumerate(paper.texts, 1):
        yield "text", number, text
    for page, kind, text in paper.notes:
        yield kind, page, text
    for key, value in paper.metadata.items():
        yield "metadata", None, f"{value}" if key else ""
    for name in paper.attachments:
        yield "annotation", None, name
    yield "metadata", None, re.sub(r"<[^>]*>", " ", paper.xmp)
