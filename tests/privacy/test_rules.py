"""Promise: the stated rate of every rule over random strings is what random strings give."""

from math import sqrt

import numpy as np
import pyarrow as pa
import pytest

from dataferry.privacy import identifiers
from dataferry.privacy.rule_table import RULES
from dataferry.privacy.rules import Rule, Shape, fixed
from dataferry.privacy.texts import Texts

DRAWS = 20_000
RARE_DRAWS = 300_000


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: f"{rule.identifier}-{rule.variant}")
def test_random_strings_pass_as_often_as_the_table_says(rule: Rule) -> None:
    draws = RARE_DRAWS if rule.random_rate < 1e-4 else DRAWS
    drawn = rule.shape.draw(np.random.default_rng(20_261_122), draws)
    outcome = rule.test(Texts(pa.array(drawn)))
    hits, expected = int(outcome.passed.sum()), draws * rule.random_rate
    assert abs(hits - expected) < 4 * sqrt(expected * (1 - rule.random_rate)) + 0.04 * expected + 1
    assert not (outcome.passed & ~outcome.formed).any()


def test_shapes_draw_each_alternative_and_the_same_for_a_seed() -> None:
    shape = Shape((fixed("A9"), fixed("99", "X")))
    drawn = shape.draw(np.random.default_rng(1), 200)
    assert {len(value) for value in drawn} == {2, 3}
    assert all(value.endswith("X") for value in drawn if len(value) == 3)
    assert drawn == shape.draw(np.random.default_rng(1), 200)


def test_the_list_for_people_has_every_rule() -> None:
    listed = identifiers()
    assert [(one.key, variant) for one in listed for variant in one.random_rates] == [
        (rule.identifier, rule.variant) for rule in RULES
    ]
    assert all(one.words and one.sources for one in listed)
