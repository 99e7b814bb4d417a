"""Writes docs/reference/border-rules.md from the rule files and keeps the present set in `rules/history/`.

`python tools/make_border_rules.py [--check]`. Run it after every change of a rule file: a decision names the version of
its rules, and every committed version must stay there to replay it.
"""

from __future__ import annotations

import sys
import tomllib
from pathlib import Path

from dataferry.border import Rule, RuleTable, rule_table
from dataferry.border.rule_files import FILES, SHOWN_OF_VERSION

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs/reference/border-rules.md"
RULES = ROOT / "src/dataferry/border/rules"
MARKS = {"S": "seen", "K": "general knowledge", "I": "inferred"}
FAMILIES = {
    "SH": "Shanghai to Hong Kong",
    "EV": "Vehicle and charging data",
    "GEO": "Coordinates, imagery and maps",
    "HK": "Hong Kong to Shanghai",
}
HEAD = """# Rules of the border

Made by `tools/make_border_rules.py` from the files in `src/dataferry/border/rules/`; a test compares. **This is no
legal advice. A rule is unverified until a person has compared it with the published text and signed it**; of these
{rules} rules, {signed} are signed. How rules become a decision is told in
[Border decisions](../explanation/border-decisions.md), every fact in [Facts of a transfer](border-facts.md).

Version of the rules: `{version}`.

- *Mark*: `S` the text or a report of it was seen by who wrote the rule, `K` general knowledge of a published text that
  was not read again, `I` inferred by Dataferry. A note says where a part has another mark.
- *Seen in* is where it was seen, as far as the source gives it. No address is added that the source does not give.
- *In force* is the first and last day; – where none is known. The table covers decisions from {covers} on.
- *When* is the condition on the facts. `shown(x)` is true only where x is certain. The further lines are results
  that need more. `lifts` names the rules that an exemption lifts, and no others.

## Sign a rule

Compare the rule with the published text. Take its digest from `dataferry border rules --json` and add a block to
`src/dataferry/border/rules/verified.toml`:

```toml
[[signature]]
rule = "SH-01"
digest = "sha256:..."
by = "Name, office"
on = 2026-12-01
```

Then run `python tools/make_border_rules.py` and propose the change for review. The signature counts for the rule as it
stood: when a word of it changes, the rule is unverified again. A signature makes a new version of the rules; older
decisions still name, and replay under, the version without it.
"""


def main() -> None:
    table = rule_table()
    text = page(table)
    kept = RULES / "history" / table.version.removeprefix("sha256:")[:SHOWN_OF_VERSION]
    if "--check" in sys.argv:
        if not PAGE.is_file() or PAGE.read_text(encoding="utf-8") != text or not kept.is_dir():
            sys.exit("docs/reference/border-rules.md or rules/history is out of date: run tools/make_border_rules.py")
        return
    PAGE.write_text(text, encoding="utf-8")
    kept.mkdir(parents=True, exist_ok=True)
    for name in FILES:
        (kept / name).write_bytes((RULES / name).read_bytes())


def page(table: RuleTable) -> str:
    signed = sum(rule.verified_by is not None for rule in table.rules)
    parts = [HEAD.format(rules=len(table.rules), signed=signed, version=table.version, covers=table.covers_from)]
    for family, title in FAMILIES.items():
        rules = sorted((rule for rule in table.rules if rule.id.startswith(family)), key=order)
        parts += [f"## {title}", *(section(rule, table) for rule in rules)]
    parts += ["## Terms", "Conditions share these words. A term without a row in force on the day is false.", terms()]
    return "\n\n".join(part.strip("\n") for part in parts) + "\n"


def order(rule: Rule) -> tuple[str, str]:
    return rule.id, str(rule.effective_from or "")


def section(rule: Rule, table: RuleTable) -> str:
    first, last = (day.isoformat() if day else "–" for day in (rule.effective_from, rule.effective_to))
    mark = f"`{rule.mark}` {MARKS[rule.mark]}" + (f"; {rule.mark_note}" if rule.mark_note else "")
    signed = f"{rule.verified_by['by']}, {rule.verified_by['on']}" if rule.verified_by else "nobody yet"
    rows = [
        f"- *Rests on*: {table.articles(rule)['en']}",
        f"- *Seen in*: {rule.seen}",
        f"- *Mark*: {mark}. *Verified by*: {signed}",
        f"- *In force*: {first} to {last}. *Stage*: {rule.stage}",
        f"- *When*: `{rule.when}`",
        *(f"- {result(rule, at)}" for at in range(len(rule.clauses))),
    ]
    if rule.duty:
        rows.append("- A duty beside the outcome")
    if rule.offers:
        rows.append(f"- Offers: `{rule.offers}`" + (f", where the outcome is `{rule.serves}`" if rule.serves else ""))
    since = f" (from {first})" if sum(other.id == rule.id for other in table.rules) > 1 else ""
    words = "\n\n".join([rule.reason["en"], rule.reason["zh-Hant"], rule.reason["zh-Hans"]])
    return f"### {rule.id}{since}: {rule.title['en']}\n\n{words}\n\n" + "\n".join(rows)


def result(rule: Rule, at: int) -> str:
    clause = rule.clauses[at]
    where = "" if clause.text == rule.when else f" where `{clause.text}`"
    strict = f" (strict reading: **{clause.strict_reading}**)" if clause.strict_reading else ""
    lifts = f"; lifts {', '.join(clause.lifts)}" if clause.lifts else ""
    return f"Result: **{clause.outcome}**{strict}{where}{lifts}"


def terms() -> str:
    rows = tomllib.loads((RULES / "terms.toml").read_text(encoding="utf-8"))["term"]
    lines = [
        f"| `{row['name']}` | `{row['when']}` | {row.get('effective_from', '–')} | {row.get('effective_to', '–')} |"
        for row in rows
    ]
    return "\n".join(["| term | when | from | to |", "|---|---|---|---|", *lines])


if __name__ == "__main__":
    main()
