"""Promise: the files of the example products are in the catalogue after the first start, each once, public and read."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from dataferry.server.catalogue import actions, queries
from dataferry.server.catalogue.models import Dataset, Snapshot, Upload
from dataferry.server.journal.models import Event

EXAMPLES = Path(__file__).parents[3] / "examples"
pytestmark = pytest.mark.django_db


@pytest.fixture
def administrator() -> Any:
    from django.contrib.auth.models import User

    return User.objects.create_superuser("admin", password="a ferry at 7 in the morning")


def test_the_inputs_of_an_example_become_public_datasets_once(store: Path, work: Any, administrator: Any) -> None:
    folder = next(path for path in sorted(EXAMPLES.glob("*/product.yaml")) if "charg" in path.parent.name).parent
    made = actions.register_inputs(administrator, folder)
    assert made >= 2
    assert set(work()) == {"done"}
    found = Dataset.objects.all()
    assert {each.visibility for each in found} == {"public"}
    assert all(text["provenance"] == "published" for each in found for text in each.title.values())
    chargers = Dataset.objects.get(slug="hk-chargers")
    assert (chargers.synthetic, chargers.licence, chargers.city) == (True, "DATAFERRY-SYNTHETIC", "hong-kong")
    snapshot = queries.snapshot_of(administrator, "hk-chargers")
    assert snapshot.has_geometry, "the declared pair of columns was used"
    assert snapshot.columns.get(type="geometry").crs == "EPSG:4326"
    assert chargers.search_entry.public
    assert Event.objects.filter(act="catalogue.dataset_published", object="dataset:hk-chargers").exists()
    before = (Dataset.objects.count(), Snapshot.objects.count(), Upload.objects.count(), Event.objects.count())
    assert actions.register_inputs(administrator, folder) == 0
    assert (Dataset.objects.count(), Snapshot.objects.count(), Upload.objects.count(), Event.objects.count()) == before


def test_a_file_that_two_products_read_appears_once(store: Path, administrator: Any, tmp_path: Path) -> None:
    file = tmp_path / "shared.csv"
    file.write_text("a,b\n1,2\n")
    about = {"title": {"en": "Shared"}}
    assert actions.register_file(administrator, file, "stops", about) is not None
    assert actions.register_file(administrator, file, "stations", about) is None
    assert Dataset.objects.count() == 1


def test_the_house_registers_for_its_first_administrator(store: Path, administrator: Any) -> None:
    from dataferry.server.portal import house

    assert list(house.register_datasets(EXAMPLES)) == []
    assert Dataset.objects.count() >= 6
    assert set(Dataset.objects.values_list("owner_id", flat=True)) == {administrator.pk}
    assert not Dataset.objects.filter(visibility="public").exists(), "public only once it was read"
