"""A draft of a member becomes a release and, when its owner says so, open to everybody; two savers never mix."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from dataferry.messages import InputError, MissingError, RefusedError
from dataferry.server import journal
from dataferry.server.web.api import ConflictError
from dataferry.server.workshop import actions, checks, queries
from dataferry.server.workshop.models import Build, Draft, Product, Release

Work = Callable[[], list[str]]


def test_a_draft_of_a_dataset_builds_as_it_is(draft: Draft, built: Release, snapshot: Any) -> None:
    assert checks.check_draft(draft.owner, draft)[0].code == "server.workshop.version_released"
    (given,) = built.document["inputs"]
    assert (given["snapshot"], given["dataset"]) == (snapshot.id_text, snapshot.distribution.dataset.slug)
    assert built.document["output"]["rows"] == 4
    assert (built.product.slug, built.product.owner, built.version) == ("my-stops", draft.owner, "0.1.0")
    acts = list(journal.Event.objects.filter(act__startswith="workshop.").values_list("act", "actor"))
    person = f"person:{draft.owner.pk}"
    assert acts == [("workshop.draft_opened", person), ("workshop.release_registered", person)]
