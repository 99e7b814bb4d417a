"""A file beside what the edition demands of it: every difference is a finding. Only in the confined child."""

from __future__ import annotations

import zipfile
from pathlib import Path
from urllib.parse import urlsplit

from dataferry.server.challenge.inspection import kinds, scripts
from dataferry.server.challenge.inspection.film_checks import check_film
from dataferry.server.challenge.inspection.films import BrokenFilmError, read_film
from dataferry.server.challenge.inspection.noting import Notes
from dataferry.server.challenge.inspection.office import look_into, read_office
from dataferry.server.challenge.inspection.pdf_reading import Paper, UnreadablePdfError, read_pdf

_WORDS_A_PAGE = 8
_DOINGS = ("script", "launch", "form", "media", "attachment")


class Check(Notes):
    """One file under inspection: every look at it."""

    def run(self) -> None:
        """Look at everything."""
        size, wanted = self.path.stat().st_size, self.demands
        kind = kinds.kind_of(self.path)
        self.facts |= {"type": kind, "bytes": size}
        if kind == "empty":
            self.add("inspected_empty", "refuse", 0)
            return
        if wanted.most_bytes is not None and size > wanted.most_bytes:
            self.add("inspected_size", "refuse", size, most=wanted.most_bytes)
        if not kinds.is_accepted(kind, wanted.types):
            self.add("inspected_type", "refuse", found=kind, accepted=list(wanted.types))
        elif not kinds.suffix_fits(self.name, kind):
            self.add("inspected_suffix", "warn", found=kind, suffix=Path(self.name).suffix[:12])
        self._look_inside(kind)

    def _look_inside(self, kind: str) -> None:
        if kind == "pdf":
            self._paper()
        elif kind in kinds.FILMS:
            self._moving_picture(kind)
        elif kind in kinds.ARCHIVES:
            self._archive(kind)
        elif kind == "text":
            self._language([self.path.read_bytes()[: 4 * 1024 * 1024].decode("utf-8", "replace")], 1)
        elif self.demands.languages or self.demands.most_pages:
            self.add("inspected_not_read", "unknown", found=kind)

    def _paper(self) -> None:
        if zipfile.is_zipfile(self.path):
            self.add("inspected_two_kinds", "refuse", found="zip")
        try:
            paper = read_pdf(self.path)
        except UnreadablePdfError:
            self.add("inspected_unreadable", "refuse", found="pdf")
            return
        if paper.locked:
            self.add("inspected_encrypted", "refuse")
            return
        if paper.restricted:
            self.add("inspected_restricted", "warn")
        self._pages(paper)
        self._behaviour(paper)
        self._fonts(paper)
        if not paper.all_read:
            self.add("inspected_text_not_read", "unknown", len(paper.texts), read=len(paper.texts), pages=paper.pages)
        self._language(paper.texts, paper.pages)

    def _pages(self, paper: Paper) -> None:
        self.facts |= {"pages": paper.pages, "characters": sum(map(len, paper.texts))}
        most = self.demands.most_pages
        if paper.pages == 0:
            self.add("inspected_unreadable", "refuse", found="pdf")
        elif most is not None and paper.pages > most:
            self.add("inspected_pages", "refuse", paper.pages, most=most)

    def _behaviour(self, paper: Paper) -> None:
        """A paper that does something, carries something, or leads somewhere."""
        for what in _DOINGS:
            if count := paper.doing.get(what, 0):
                self.add(f"inspected_does_{what}", "warn" if what in ("form", "media") else "refuse", count)
        if paper.attachments:
            names = [name[:80] for name in paper.attachments[:5]]
            self.add("inspected_attachment", "refuse", len(paper.attachments), names=names)
        outside = [(page, _host(address)) for page, address in paper.links]
        if outside:
            hosts = sorted({host for _page, host in outside})[:5]
            self.add("inspected_links", "warn", len(outside), outside[0][0], hosts=hosts)
        self.facts["links"] = len(outside)

    def _fonts(self, paper: Paper) -> None:
        if paper.fonts_missing:
            self.add("inspected_fonts", "warn", len(paper.fonts_missing), names=paper.fonts_missing[:5])

    def _language(self, texts: list[str], pages: int) -> None:
        """The language by the characters; too little text is unknown, never a pass."""
        writing = scripts.writing_of("\n".join(texts))
        self.facts["languages"] = writing.shares
        accepted = self.demands.languages
        if not accepted:
            return
        filled = sum(scripts.writing_of(text).words >= _WORDS_A_PAGE for text in texts)
        if not writing.enough or 2 * filled < pages:
            self.add("inspected_text_too_little", "unknown", filled, filled=filled, pages=pages)
            return
        if any(scripts.fits(writing, wanted) for wanted in accepted):
            return
        told = [f"{name} {round(100 * share)}%" for name, share in writing.shares.items() if share >= 0.01]
        sets = [" + ".join(sorted(wanted)) for wanted in accepted]
        if writing.shares.get("other", 0) >= scripts.MUCH:
            self.add("inspected_language_unknown", "unknown", found=told, accepted=sets)
        elif writing.mixed and any(
            scripts.fits(writing, frozenset({*wanted} - {"zh-Hans", "zh-Hant"} | {"zh"})) for wanted in accepted
        ):
            share = round(100 * writing.traditional / (writing.simplified + writing.traditional))
            self.add("inspected_script_mixed", "warn", share, accepted=sets)
        else:
            self.add("inspected_language", "refuse", found=told, accepted=sets)

    def _moving_picture(self, kind: str) -> None:
        film = self.film
        if film is None and kind in ("mp4", "mov"):
            try:
                film = read_film(self.path)
            except BrokenFilmError:
                self.add("inspected_unreadable", "refuse", found=kind)
                return
        check_film(self, film)

    def _archive(self, kind: str) -> None:
        try:
            archive = look_into(self.path)
            self.facts |= {"entries": archive.entries, "unpacked": archive.unpacked}
            if archive.is_bomb:
                self.add("inspected_archive_bomb", "refuse", archive.unpacked, packed=archive.packed)
                return
            if archive.encrypted:
                self.add("inspected_encrypted", "refuse")
                return
            if kind != "zip":
                texts = [text for _page, text in read_office(self.path).texts]
                self._language(texts, 1)
            elif self.demands.languages:
                self.add("inspected_not_read", "unknown", found=kind)
        except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError, RuntimeError, EOFError):
            self.add("inspected_unreadable", "refuse", found=kind)


def _host(address: str) -> str:
    """Where a link leads, without whatever it says about a person (an address after mailto:, a name in a path)."""
    try:
        parts = urlsplit(address)
        return (parts.hostname or parts.scheme or "?")[:80]
    except ValueError:
        return "?"
