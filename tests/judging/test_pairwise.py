"""Keeps the promise that a pairwise round orders what was compared, and refuses to order what was not."""

import itertools

import choix
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dataferry.judging import Ballot, pairwise
from dataferry.judging.ballots import strengths
from dataferry.messages import InputError, RefusedError


def test_known_strengths_come_back_in_order() -> None:
    random = np.random.default_rng(4)
    true = np.linspace(1.5, -1.5, 8)
    ballots = []
    for judge, (one, other) in itertools.product(range(40), itertools.combinations(range(8), 2)):
        wins = random.random() < 1 / (1 + np.exp(true[other] - true[one]))
        better, worse = (one, other) if wins else (other, one)
        ballots.append(Ballot(f"j{judge}", f"e{better}", f"e{worse}"))
    ranking = pairwise(ballots)
    assert [place.entry for place in ranking.places] == [f"e{n}" for n in range(8)]
    found = np.array([float(place.score) for place in ranking.places])
    np.testing.assert_allclose(found, true, atol=0.3)
    inside = [float(p.low) <= t <= float(p.high) for p, t in zip(ranking.places, true, strict=True)]  # type: ignore[arg-type]
    assert sum(inside) >= 7
    assert all(place.judges == 40 for place in ranking.places)


def test_groups_that_were_never_compared_are_refused_though_a_solver_would_call_them_equal() -> None:
    ballots = [Ballot("j", "a", "b"), Ballot("j", "c", "d")]
    solver = choix.ilsr_pairwise(4, [(0, 1), (2, 3)], alpha=0.01)
    assert solver[0] == pytest.approx(solver[2])
    with pytest.raises(RefusedError) as refused:
        pairwise(ballots)
    assert refused.value.code == "judging.ballots_not_linked"
    assert refused.value.data["groups"] == ["a + b", "c + d"]
    with pytest.raises(RefusedError):
        pairwise(ballots[:1], entries={"a": "HK", "b": "HK", "never-compared": "SH"})


@given(st.permutations("abcdefg"))
def test_an_undisputed_order_is_kept(order: list[str]) -> None:
    ballots = [Ballot("j", one, other) for one, other in itertools.combinations(order, 2)]
    assert [place.entry for place in pairwise(ballots).places] == order


def test_a_circle_is_a_tie() -> None:
    ranking = pairwise([Ballot("j", "a", "b"), Ballot("j", "b", "c"), Ballot("j", "c", "a")])
    assert [place.place for place in ranking.places] == [1, 1, 1]
    assert ranking.unresolved == (("a", "b", "c"),)


def test_faulty_ballots() -> None:
    for ballots, code in (
        ([Ballot("j", "a", "a")], "ballot_same_entry"),
        ([Ballot("j", "a", "b"), Ballot("j", "b", "a")], "ballot_twice"),
    ):
        with pytest.raises(InputError) as error:
            pairwise(ballots)
        assert error.value.code == "judging." + code
    with pytest.raises(InputError, match="not part of this comparison"):
        strengths([Ballot("j", "a", "z")], ["a", "b"])
    assert pairwise([]).places == ()
