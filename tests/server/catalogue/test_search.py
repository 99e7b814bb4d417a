"""Promise: one question finds what both cities call it, in either script, and only what the person may see, counts
included; pages neither repeat nor miss; the number of queries does not grow with the catalogue."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import AnonymousUser
from django.db import connection
from django.test.utils import CaptureQueriesContext

from dataferry.messages import InputError
from dataferry.server.catalogue import actions, queries
from dataferry.server.catalogue.facets import facet_counts
from dataferry.server.catalogue.models import Dataset, SearchEntry
from dataferry.server.catalogue.search import cursor_of, position_of, search
from dataferry.server.catalogue.word_queries import is_postgresql

from .many import make_datasets

pytestmark = pytest.mark.django_db
VISITOR = AnonymousUser()


@pytest.fixture
def made(holder: Any) -> Any:
    """Create a dataset with texts; public."""

    def make(title: dict[str, str], **more: Any) -> Dataset:
        row = actions.create_dataset(holder, {"title": title, "city": "hong-kong", **more})
        Dataset.objects.filter(pk=row.pk).update(visibility="public")
        row.refresh_from_db()
        return actions.change_dataset(holder, row, {})

    return make


def slugs(words: str, user: Any = VISITOR, **more: Any) -> list[str]:
    return [hit.dataset.slug for hit in search(user, words, **more).hits]


def test_scripts_widths_and_words_of_both_cities(made: Any) -> None:
    made({"en": "Charging sites", "zh-Hant": "充電站"})
    made({"zh-Hans": "公交车站点", "en": "bus-shanghai"}, city="shanghai")
    made({"zh-Hant": "巴士站", "en": "bus-hong-kong"})
    assert slugs("充电站") == slugs("充電") == slugs("ＣＨＡＲＧＩＮＧ") == slugs("charg") == ["charging-sites"]
    assert set(slugs("巴士站")) == {"bus-hong-kong", "bus-shanghai"}
    assert set(slugs("公交车")) == {"bus-hong-kong", "bus-shanghai"}
    assert slugs("充電 bus") != ["charging-sites"] or search(VISITOR, "充電 bus").near


def test_title_before_keywords_before_description_before_columns(
    made: Any, dataset: Dataset, holder: Any, upload: Any
) -> None:
    actions.publish_dataset(holder, dataset)
    made({"en": "Third"}, description={"en": "Where the 數目 stands"})
    made({"en": "Second"}, keywords={"zh-Hans": "数目, other"})
    made({"en": "First", "zh-Hant": "數目"})
    assert slugs("數目") == ["first", "second", "third", dataset.slug]


def test_where_nothing_meets_all_words_the_nearest_are_shown_and_marked(made: Any) -> None:
    made({"zh-Hant": "充電樁", "en": "posts"})
    made({"zh-Hant": "圖書館", "en": "libraries"})
    found = search(VISITOR, "充電站")
    assert found.near
    assert [hit.dataset.slug for hit in found.hits] == ["posts"]
    assert not search(VISITOR, "zzz").hits
    assert search(VISITOR, " '\" ) OR 1=1 -- \x00").after is None


def test_what_is_private_is_never_found_nor_counted_by_others(made: Any, holder: Any, member: Any) -> None:
    made({"en": "Public museums"})
    private = actions.create_dataset(member, {"title": {"en": "Private museums"}, "city": "shanghai"})
    for words in ("", "museums", "private", "private museum zzz"):
        assert private.slug not in slugs(words)
        assert private.slug not in slugs(words, holder)
    for user, total in ((VISITOR, 1), (holder, 1), (member, 2)):
        for words in ("", "museums"):
            counts = facet_counts(user, words)
            assert counts.total == total
            assert dict(counts.facets["city"]).get("shanghai", 0) == total - 1
    assert facet_counts(VISITOR, "", {"city": "shanghai"}).total == 0
    assert private.slug in slugs("museums", member)
    row = Dataset.objects.get(slug="public-museums")
    actions.withdraw_dataset(holder, row)
    assert facet_counts(VISITOR).total == 0, "counts that were kept are counted anew after a change"


def test_facets_filter_and_count(made: Any) -> None:
    made({"en": "A museums"}, publisher="Dept 'A\"", licence="CC-BY-4.0")
    made({"en": "B museums"}, publisher="部門", city="shanghai")
    for words in ("", "museums"):
        assert slugs(words, facets={"publisher": "Dept 'A\""}) == ["a-museums"]
        assert slugs(words, facets={"city": "shanghai", "geometry": "no"}) == ["b-museums"]
        assert slugs(words, facets={"city": "shanghai", "geometry": "yes"}) == []
        assert len(slugs(words, updated="week")) == 2
        counts = facet_counts(VISITOR, words, {"city": "hong-kong"})
        assert (counts.total, counts.at_least) == (1, False)
        assert counts.facets["licence"] == [("CC-BY-4.0", 1)]
        assert dict(counts.facets["updated"]) == {"week": 1, "month": 1, "year": 1}
    for bad in ({"colour": "red"}, {"geometry": "maybe"}, {"organisation": "x"}):
        with pytest.raises(InputError):
            search(VISITOR, "", bad)


@pytest.mark.parametrize("words", ["", "charging", "figures 001"])
def test_pages_neither_repeat_nor_miss_and_cost_the_same(words: str, holder: Any) -> None:
    make_datasets(300, holder, private_every=7)
    for user in (VISITOR, holder):
        seen: list[str] = []
        after, costs = None, set()
        while True:
            with CaptureQueriesContext(connection) as caught:
                found = search(user, words, after=position_of(cursor_of(after)) if after else None, limit=20)
            costs.add(len(caught))
            seen += [hit.dataset.slug for hit in found.hits]
            after = found.after
            if after is None:
                break
        expected = {each.slug for each in queries.visible_datasets(user)} if not words else set(seen)
        assert len(seen) == len(set(seen))
        assert set(seen) == expected
        assert max(costs) <= 8


def test_the_number_of_queries_does_not_grow_with_the_catalogue(holder: Any) -> None:
    costs = []
    for count in (30, 600):
        make_datasets(count, holder, private_every=5)
        for user in (VISITOR, holder):
            for words in ("", "charging", "zzz"):
                with CaptureQueriesContext(connection) as caught:
                    search(user, words, {"city": "hong-kong"})
                    facet_counts(user, words, {"city": "hong-kong"})
                costs.append(len(caught))
    half = len(costs) // 2
    assert max(costs) <= 12
    assert max(costs[half:]) <= max(costs[:half])


def test_browsing_goes_by_an_index(holder: Any) -> None:
    """The plan of the page that everybody opens first; on the larger database a sequential scan would be seen here."""
    make_datasets(3000, holder)
    rows = SearchEntry.objects.filter(public=True, city="hong-kong").order_by("-changed_at", "-dataset_id")[:21]
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    plan = rows.values_list("dataset").explain()
    assert "search_by_city" in plan or "search_newest" in plan, plan
    assert "TEMP B-TREE" not in plan
    if is_postgresql():
        assert "Seq Scan" not in plan


def test_a_cursor_of_nonsense_is_an_input_error() -> None:
    for text in ("x", "1.2", "1.x.3", "9" * 400 + ".1.1", "0.999999999999999999999.1", "-1.0.0"):
        with pytest.raises(InputError):
            position_of(text)
    assert position_of("") is None
