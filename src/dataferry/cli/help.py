"""Help texts in the language of the environment: English stands in the code, the other two in `messages.toml`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from dataferry.messages import Language, codes


def help_texts(command: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """Every command and option that has a help text, by its key: `read`, `read.out`; the root is `dataferry`."""
    if command.help:
        yield path or "dataferry", command
    for parameter in command.params:
        if getattr(parameter, "help", None) and parameter.name not in {"help", "install_completion", "show_completion"}:
            yield f"{path or 'dataferry'}.{parameter.name}", parameter
    for name, child in getattr(command, "commands", {}).items():
        if not child.hidden:
            yield from help_texts(child, f"{path}.{name}" if path else name)


def translate(command: Any, language: Language) -> None:
    """Put the help texts of `language` in place of the English ones; a text nobody translated stays English."""
    if language == "en":
        return
    words = codes("cli")
    for key, owner in help_texts(command):
        if key in words:
            owner.help = words[key][language]
