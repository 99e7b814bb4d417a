"""Promise: the reference of recipe SQL names every function a recipe may call, and no other."""

import re
from pathlib import Path

from dataferry.products.allowed_functions import ALLOWED, GROUPS
from dataferry.products.gate import DEEPEST_BRACKETS, DEEPEST_TREE, LONGEST_SERIES, LONGEST_SQL

PAGE = (Path(__file__).parents[2] / "docs" / "reference" / "recipe-sql.md").read_text(encoding="utf-8")


def test_the_page_lists_exactly_what_is_allowed():
    engine = PAGE.split("## Functions of the engine")[1]
    listed = re.findall(r"^(?:`\w+` ?)+$", engine, re.MULTILINE)
    names = {name for line in listed for name in re.findall(r"`(\w+)`", line)}
    assert names == ALLOWED - GROUPS["dataferry"]


def test_the_page_describes_each_function_of_ours():
    table = PAGE.split("## Dataferry's own functions")[1].split("\n## ")[0]
    assert set(re.findall(r"`(\w+)\(", table)) == GROUPS["dataferry"]


def test_the_page_states_the_limits_of_the_code():
    for limit in (LONGEST_SQL, LONGEST_SERIES):
        assert f"{limit:,}" in PAGE
    assert f"{DEEPEST_BRACKETS} brackets and {DEEPEST_TREE} levels" in PAGE
