"""A supplier with a release, an assessor with its people, officers: what tests of a case begin with."""

from __future__ import annotations

import copy
import hashlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from dataferry.messages import DataferryError
from server.market import Party, make_merchant
from server.persons import make_person

PDF = b"%PDF-1.7\nevidence\n%%EOF\n"
GOOD_TERMS = {
    "state": "clear",
    "listable": True,
    "output": "CC-BY-4.0",
    "as_of": "2026-11-22",
    "attribution": ["Town"],
    "inputs": [{"input": "stops", "licence": "CC-BY-4.0"}],
    "findings": [],
}
CLEAR = {
    "licence": "CC-BY-4.0",
    "licence_verdict": GOOD_TERMS,
    "privacy": {"state": "clear", "privacy_class": "none", "report": {}},
    "quality": {"state": "clear", "results": []},
    "evidence": {"source": "clear", "datum": "clear"},
    "inputs": [
        {
            "name": "stops",
            "title": {"en": "Stops"},
            "publisher": "Town",
            "city": "hong-kong",
            "licence": "CC-BY-4.0",
            "source": "https://data.example/stops",
            "attribution": "Town",
            "synthetic": False,
            "snapshot": "sha256:" + "1" * 64,
        }
    ],
}


@contextmanager
def refused(code: str) -> Iterator[Any]:
    """The block is refused with this code; the error is in `.value`."""
    with pytest.raises(DataferryError) as caught:
        yield caught
    assert caught.value.code == code


@dataclass
class House:
    """Everybody that a case concerns, and the release that it is about."""

    supplier: Party
    assessor: Party
    release: Any
    finder: Any
    officer: Any

    def opened(self, *recipients: str) -> Any:
        from dataferry.server.compliance.actions import cases

        places = recipients or ("hong-kong",)
        return cases.open_case(self.supplier.manager, self.release, self.supplier.merchant, places)

    def answered(self, *recipients: str) -> Any:
        """Opened, and every item has a statement."""
        from dataferry.server.compliance.actions import cases

        case = self.opened(*recipients)
        for item in case.items.filter(state="open"):
            cases.answer_item(self.supplier.manager, item, f"About {item.code}.", item.revision)
        return case

    def submitted(self, *recipients: str) -> Any:
        from dataferry.server.compliance.actions import cases

        return cases.submit_case(self.supplier.manager, self.answered(*recipients), self.assessor.merchant)

    def found(self, *recipients: str) -> Any:
        """Handed in, every item satisfied."""
        from dataferry.server.compliance.actions import cases

        case = self.submitted(*recipients)
        cases.find_clear_items(self.finder, case)
        for item in case.items.filter(state="evidenced"):
            cases.find_item(self.finder, item, "satisfied", "")
        return case

    def assessed(self, *recipients: str) -> Any:
        from dataferry.server.compliance.actions import cases

        return cases.assess(self.finder, self.found(*recipients), "All is as it should be.")

    def cleared(self, *recipients: str) -> Any:
        from dataferry.server.compliance.actions import cases

        return cases.decide_case(self.officer, self.assessed(*recipients), "passed", "The findings hold.")


def make_house(registered: Any, document: Mapping[str, Any] | None = None) -> House:
    """A Hong Kong supplier that owns the registered release, with evidence that is clear unless said otherwise."""
    from dataferry.server.people.models import Membership
    from dataferry.server.workshop.models import Product, Release

    supplier = make_merchant("hong-kong", "supplier", slug="supplier")
    assessor = make_merchant("shanghai", "assessor", slug="assessor")
    finder = make_person("finder@example.org", "assessor")
    Membership.objects.create(organisation=assessor.organisation, user=finder)
    officer = make_person("officer@example.org", "compliance-officer", city="hong-kong")
    product = Product.objects.create(slug="traded", owner=supplier.manager)
    full = {**copy.deepcopy(registered.document), **copy.deepcopy(CLEAR), **(document or {})}
    release = Release.objects.create(
        product=product, version="1.0.0", digest=registered.digest, folder=registered.folder, document=full
    )
    return House(supplier, assessor, release, finder, officer)


def taken(folder: Path, content: bytes = PDF, name: str = "evidence.pdf") -> Any:
    """A file as an upload hands it over."""
    from dataferry.server.uploads import Taken

    sha256 = hashlib.sha256(content).hexdigest()
    path = folder / f"{sha256}.part"
    path.write_bytes(content)
    return Taken(path, name, len(content), sha256)


def told_by_journal() -> None:
    """Every state of every case follows from the journal alone."""
    from dataferry.server import journal

    findings = journal.replay(journal.selected()).findings
    assert [finding for finding in findings if "compliance_case" in str(finding.data["object"])] == []
