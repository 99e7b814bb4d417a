"""Help texts and the words of tables are said in three languages."""

import pytest

from dataferry.cli.app import command_tree, language_of_environment
from dataferry.cli.help import help_texts, translate
from dataferry.messages import LANGUAGES, codes


def test_every_help_text_of_the_code_is_translated() -> None:
    words = codes("cli")
    texts = {key: owner.help for key, owner in help_texts(command_tree())}
    assert texts
    assert {key: words.get(key, {}).get("en") for key in texts} == texts


def test_the_command_speaks_the_language_asked_for() -> None:
    commands = command_tree()
    translate(commands, "zh-Hant")
    texts = {key: owner.help for key, owner in help_texts(commands)}
    assert texts == {key: codes("cli")[key]["zh-Hant"] for key in texts}


@pytest.mark.parametrize(
    ("environment", "language"),
    [
        ({"DATAFERRY_LANG": "zh-hans"}, "zh-Hans"),
        ({"LANG": "zh_HK.UTF-8"}, "zh-Hant"),
        ({"LANG": "zh_CN.UTF-8"}, "zh-Hans"),
        ({"LC_ALL": "zh_TW.UTF-8", "LANG": "en_GB.UTF-8"}, "zh-Hant"),
        ({"DATAFERRY_LANG": "fr", "LANG": "fr_FR.UTF-8"}, "en"),
        ({}, "en"),
    ],
)
def test_the_language_comes_from_the_environment(
    monkeypatch: pytest.MonkeyPatch, environment: dict[str, str], language: str
) -> None:
    for name in ("DATAFERRY_LANG", "LC_ALL", "LC_MESSAGES", "LANG"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert language_of_environment() == language
    assert language in LANGUAGES
