"""What is handed in, looked at in a confined child: is it what the edition demands, and does it say who made it?

    inspected = inspect(path, "deck.pdf", Demands(role="proposal", types=("pdf",), most_pages=20))
    inspected.findings      # each with code, severity (refuse, warn, unknown), role, figure, place; .text(language)
    inspected.facts         # type, bytes, pages, languages, seconds, ... as plain JSON

    leak_scan(path, "deck.pdf", Identities(people=("Chan Tai Man",), teams=("Harbour Owls",)))

No models, and no file of a stranger is opened in this process. What could not be checked is a finding of its own.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from dataferry.server.challenge.inspection.demands import Demands, Identities, Speech
    from dataferry.server.challenge.inspection.findings import Finding, Inspection
    from dataferry.server.challenge.inspection.inspecting import inspect, leak_scan

_HOME = {
    "Demands": "demands",
    "Finding": "findings",
    "Identities": "demands",
    "Inspection": "findings",
    "Speech": "demands",
    "inspect": "inspecting",
    "leak_scan": "inspecting",
}

__all__ = ["Demands", "Finding", "Identities", "Inspection", "Speech", "inspect", "leak_scan"]


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(name)
    return getattr(import_module(f"{__name__}.{_HOME[name]}"), name)
