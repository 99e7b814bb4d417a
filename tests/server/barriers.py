"""What axe-core finds on a page that is open in a real Chromium."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from pathlib import Path

from playwright.sync_api import Page

RULES = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice")

# What was found to be in order would be described at length, part by part, and carried here: half of the time.
_FIND = """rules => axe.run({...(rules.length ? {runOnly: rules} : {}), resultTypes: ["violations"]})
    .then(found => found.violations.map(each => [each.id, each.nodes.map(node => node.html.slice(0, 200))]))"""


def violations(page: Page, rules: Sequence[str] = RULES) -> list[tuple[str, list[str]]]:
    """Each broken rule with the parts of the page that break it.

    Args:
        rules: tags of axe's rules; none means all that axe runs when nobody says which.
    """
    page.evaluate(_axe())
    return [(name, parts) for name, parts in page.evaluate(_FIND, list(rules))]


def opened(page: Page) -> None:
    """Open everything on the page that can be opened."""
    page.evaluate("document.querySelectorAll('details').forEach(each => { each.open = true; })")


@cache
def _axe() -> str:
    text = (Path(__file__).parent / "vendor/axe-core/axe.min.js").read_text(encoding="utf-8")
    # The last value of a script is carried here too: not axe itself.
    return f"{text}; 0"
