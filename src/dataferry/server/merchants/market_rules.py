"""The rules of the market: clauses in three languages, in one version, with the digest that a merchant signs."""

from __future__ import annotations

import hashlib
import json
import tomllib
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib import resources

from dataferry.messages import LANGUAGES, Language


@dataclass(frozen=True)
class Clause:
    """One rule, in three languages."""

    code: str
    words: dict[str, str]


@dataclass(frozen=True)
class MarketRules:
    """One version of the rules. `digest` is of all texts in all languages, so none can be exchanged unseen."""

    version: str
    effective: date
    clauses: tuple[Clause, ...]

    @property
    def digest(self) -> str:
        said = {
            "version": self.version,
            "effective": self.effective.isoformat(),
            "clauses": [[clause.code, clause.words] for clause in self.clauses],
        }
        text = json.dumps(said, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        return f"sha256:{hashlib.sha256(text.encode()).hexdigest()}"

    def texts(self, language: Language) -> list[str]:
        """The clauses in one language, in order."""
        return [clause.words[language] for clause in self.clauses]


@cache
def rules_in_force() -> MarketRules:
    """The rules that a merchant signs today."""
    text = resources.files("dataferry.server.merchants").joinpath("market_rules.toml").read_text(encoding="utf-8")
    data = tomllib.loads(text)
    clauses = tuple(Clause(row["code"], {tag: row[tag] for tag in LANGUAGES}) for row in data["clause"])
    return MarketRules(data["version"], data["effective"], clauses)
