"""Writes docs/reference/compliance-checklist.md from `compliance/checklist.toml`.

`python tools/make_compliance_checklist.py [--check]`. Run it after every change of the checklist; a test compares.
"""

from __future__ import annotations

import sys
from pathlib import Path

from dataferry.server.compliance.checklist import Checklist, Item, checklist

PAGE = Path(__file__).parents[1] / "docs/reference/compliance-checklist.md"
HEAD = """# Checklist of a compliance case

Made by `tools/make_compliance_checklist.py` from `src/dataferry/server/compliance/checklist.toml`; a test compares.

**This is not the official checklist.** The Shanghai Data Exchange's security and compliance guideline (2023) has six
parts and 25 articles, and a companion checklist with example evidence. The parts below are named after the guideline's;
its articles and its checklist were not read. The items are this house's own. {verified}

Version `{version}`, digest `{digest}`; every case and clearance names the version, a clearance the digest too.

- *By*: who answers the item first. `people`: the supplier, in words and files. Otherwise the kind of evidence that the
  machine gathers when the case is opened; the supplier explains what is not clear. The assessor finds on every item.
- *Gate*: the law leaves no room. It is satisfied or the case fails; it has no condition and never "does not apply".
  Three are those of article 55 of the Shanghai Data Regulation, two of its articles 40 and 41.
- *Mark* of the basis: `S` seen in a source, `K` general knowledge of a published text that was not read again, `I`
  inferred by Dataferry.

How a case goes is told in [Clear a release](../how-to/clear-a-release.md).
"""


def page(listed: Checklist) -> str:
    """The whole page."""
    verified = f"Verified by {listed.verified_by}." if listed.verified_by else "No person has verified them yet."
    text = HEAD.format(version=listed.version, digest=listed.digest, verified=verified)
    for part in listed.parts:
        text += f"\n## {part.title['en']}\n\n{part.title['zh-Hant']} / {part.title['zh-Hans']}\n"
        for item in listed.of_part(part.code):
            text += _item(item)
    return text


def _item(item: Item) -> str:
    gate = " · **gate**" if item.gate else ""
    return (
        f"\n### `{item.code}`: {item.title['en']}\n\n"
        f"{item.title['zh-Hant']} / {item.title['zh-Hans']}\n\n"
        f"By `{item.by}` · mark `{item.mark}`{gate}\n\n"
        f"{item.asks['en']}\n\n"
        f"For example: {item.examples['en']}.\n\n"
        f"Basis: {item.basis['en']}\n"
    )


def main() -> int:
    """Write the page; with `--check`, only say whether it is as it should be."""
    text = page(checklist())
    if "--check" in sys.argv[1:]:
        return 0 if PAGE.read_text(encoding="utf-8") == text else 1
    PAGE.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
