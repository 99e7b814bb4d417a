"""Writes docs/reference/privacy-identifiers.md from rules and corpus: `python tools/make_privacy_figures.py`.

A test makes the page anew and compares: the figures are what the code gives.
"""

from __future__ import annotations

from pathlib import Path

from dataferry.privacy import identifiers
from dataferry.privacy.column_findings import FOUND, SEVERITIES
from dataferry.privacy.corpus import HEADERS, NOISE
from dataferry.privacy.corpus_figures import Figures, figures, judged
from dataferry.privacy.corpus_makers import NEGATIVES
from dataferry.privacy.screening import DECIDED, HEADER

PAGE = Path(__file__).parents[1] / "docs" / "reference" / "privacy-identifiers.md"
SEEDS = (1, 2)
ROWS = 100

INTRODUCTION = """# Identifiers: rules, random rates, precision and recall

What `dataferry check` recognises in a column, how often chance passes each rule, and how often the decision is right
on a made-up corpus. Made by `tools/make_privacy_figures.py`; a test compares this page with what the code gives. Why
columns are decided as a whole stands in [Is it private?](../explanation/privacy-screening.md).
"""

RULES = """
## Rules

*Random rate*: share of random strings of the same look that pass; a test draws them. *Severity*: what a column of it
does to the privacy chip of a release. In messages and in JSON an identifier goes by its key.

| key | class | severity | rule | random rate | source |
|---|---|---|---|---|---|
"""

WORDS = """
## Words in headers

Latin words count as whole words (`mobileNo`, `mobile_no` and `Mobile no.` are the same), Chinese ones anywhere in the
header.

| key | words |
|---|---|
"""

MEASURED = """
## Precision and recall

Corpus: `dataferry.privacy.corpus.corpus(seed, rows={rows})` for the seeds {seeds}: {columns} columns, of which
{lookalikes} are look-alikes. Every identifier stands under an honest header, under `c` (which says nothing) and under a
misleading one such as `order_no`, each with {noise} % of wrong values. Look-alikes stand under their
own header, under `c` and under the header of an identifier. A column counts as found from score {decided} on.

| key | precision | recall | header honest | header silent | header misleading | columns |
|---|---|---|---|---|---|---|
"""

AFTER = """
Read it so: what arithmetic confirms is found whatever the header says. Eight digits alone and Hong Kong marks need an
honest header: {phone:.0%} and {mark:.0%} of random strings look the same, so any other answer would be a guess. Latin
names need a header because names of places are made of the same syllables. A header that says `order_no` over names or
addresses is believed.

The positives are made by the same published rules that the screening tests, and the names partly from its own
dictionaries (8 in 100 surnames and a fifth of the characters of given names come from outside). These figures say how
the decision copes with noise, headers and look-alikes. They are no promise about files of strangers; no public labelled
corpus of the two cities was found to measure that.

### Columns wrongly taken for an identifier

{mistaken}

## Look-alikes of the corpus

{looks}
"""


def rule_rows() -> list[str]:
    rows = []
    for one in identifiers():
        severity = SEVERITIES[one.privacy_class]
        for variant, rate in one.random_rates.items():
            figures = f"{rate:.2g}" if rate < 0.01 else f"{100 * rate:.3g} %"
            source = "; ".join(one.sources)
            rows.append(f"| `{one.key}` | {one.privacy_class} | {severity} | {variant} | {figures} | {source} |")
    return rows


def share(value: float) -> str:
    return f"{value:.2f}"


def figure_row(one: Figures) -> str:
    by_header = " | ".join(share(value) for value in one.recall_by_header)
    return f"| `{one.identifier}` | {share(one.precision)} | {share(one.recall)} | {by_header} | {one.columns} |"


def page() -> str:
    """The whole page; the same bytes each time."""
    if len(HEADERS) != 3 or HEADER <= DECIDED or set(FOUND) != {one.key for one in identifiers()}:
        raise AssertionError("the words of the page no longer fit the rules")
    said = judged(SEEDS, ROWS)
    found = figures(said)
    rates = {(one.key, variant): rate for one in identifiers() for variant, rate in one.random_rates.items()}
    mistaken = [f"- `{one.identifier}`: {', '.join(one.mistaken)}" for one in found if one.mistaken]
    parts = [
        INTRODUCTION,
        RULES + "\n".join(rule_rows()) + "\n",
        WORDS + "\n".join(f"| `{one.key}` | {', '.join(one.words)} |" for one in identifiers()) + "\n",
        MEASURED.format(
            rows=ROWS,
            seeds=" and ".join(map(str, SEEDS)),
            columns=len(said),
            lookalikes=sum(truth.identifier is None for truth, _ in said),
            noise=", ".join(f"{100 * noise:.0f}" for noise in NOISE),
            decided=DECIDED,
        )
        + "\n".join(map(figure_row, found))
        + "\n",
        AFTER.format(
            phone=rates["hk_phone", "eight-digits"],
            mark=rates["plate_hk", "mark"],
            mistaken="\n".join(mistaken) or "None.",
            looks="; ".join(NEGATIVES) + ".",
        ),
    ]
    return "".join(parts)


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
