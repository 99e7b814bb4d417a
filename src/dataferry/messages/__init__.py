"""What Dataferry says to people: errors and findings with a code, the data of the case, and words in three languages.

Every room keeps its words in a `messages.toml` beside its code; a code such as `geo.ballpark` is looked up in
`dataferry/geo/messages.toml` under `[ballpark]`.
"""

from dataferry.messages.errors import (
    DataferryError,
    InputError,
    LimitError,
    MissingError,
    RefusedError,
    UnavailableError,
    UsageError,
)
from dataferry.messages.findings import Finding, Severity, State, worst_state
from dataferry.messages.words import LANGUAGES, Language, codes, current_language, say, speaking

__all__ = [
    "LANGUAGES",
    "DataferryError",
    "Finding",
    "InputError",
    "Language",
    "LimitError",
    "MissingError",
    "RefusedError",
    "Severity",
    "State",
    "UnavailableError",
    "UsageError",
    "codes",
    "current_language",
    "say",
    "speaking",
    "worst_state",
]
