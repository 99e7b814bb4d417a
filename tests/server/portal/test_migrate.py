"""Promise: `migrate` leaves the tables that the models describe, though quicker than Django's own."""

from __future__ import annotations

from typing import Any

import pytest
from django.apps import apps
from django.core.management import get_commands
from django.db import connection, models
from django.db.migrations.operations import AddConstraint, AddField, AlterField, CreateModel, RenameField
from django.db.migrations.operations.base import Operation
from django.db.migrations.state import ProjectState

from dataferry.server.portal.management.commands.migrate import quick_growth

BY = models.ForeignKey("house.Person", models.PROTECT)
KEY = models.IntegerField(primary_key=True)
GROWTH: list[Operation] = [
    CreateModel("Person", [("id", KEY), ("name", models.TextField())]),
    CreateModel("Paper", [("id", KEY), ("by", BY), ("read_by", models.ManyToManyField("house.Person"))]),
    CreateModel("Seal", [("paper", models.OneToOneField("house.Paper", models.PROTECT, primary_key=True))]),
    CreateModel("Letter", [], bases=("house.paper",)),
    AddField("Person", "chief", models.ForeignKey("self", models.PROTECT, null=True)),
    AddField("Paper", "pages", models.IntegerField(null=True)),
    AddConstraint("Paper", models.CheckConstraint(condition=models.Q(pages__gt=0), name="has_pages")),
]
OTHERS: list[Operation] = [
    AlterField("Person", "id", models.UUIDField(primary_key=True)),
    RenameField("Person", "name", "full_name"),
    AlterField("Seal", "paper", models.ForeignKey("house.Paper", models.PROTECT, primary_key=True)),
]


def test_the_command_of_the_house_is_this_one() -> None:
    assert get_commands()["migrate"] == "dataferry.server.portal"


def test_every_table_is_as_its_model_says(db: None) -> None:
    """Columns, which may be empty, what refers to what, constraints and indexes: of every model of every app."""
    with connection.cursor() as cursor:
        for model in apps.get_models(include_auto_created=True):
            meta = model._meta
            if not meta.managed or meta.proxy:
                continue
            fields = meta.local_concrete_fields
            told = connection.introspection.get_table_description(cursor, meta.db_table)
            assert {(c.name, bool(c.null_ok)) for c in told} == {(f.column, f.null) for f in fields}, meta.label
            found = connection.introspection.get_constraints(cursor, meta.db_table)
            refer = {(*each["columns"], *each["foreign_key"]) for each in found.values() if each["foreign_key"]}
            assert refer == {(f.column, *_target(f)) for f in fields if f.remote_field and f.db_constraint}, meta.label
            assert {each.name for each in (*meta.constraints, *meta.indexes)} <= set(found), meta.label


def _target(field: Any) -> tuple[str, str]:
    return field.remote_field.model._meta.db_table, field.target_field.column


@pytest.mark.parametrize("last", [None, *OTHERS], ids=lambda step: type(step).__name__ if step else "run-python")
def test_whoever_needs_all_classes_finds_them_made_anew(last: Operation | None) -> None:
    """After growing steps another kind of step, or Python, sees one registry in which every relation leads on."""
    state = ProjectState()
    assert state.apps is not None
    with quick_growth():
        for step in GROWTH:
            state = state.clone()
            step.state_forwards("house", state)
            name = step.model_name if hasattr(step, "model_name") else step.name  # type: ignore[attr-defined]
            grown = state.apps.get_model("house", name)
            new = {step.name} if isinstance(step, AddField) else set()
            assert new <= {field.name for field in grown._meta.local_fields}
        if last is None:
            state.clear_delayed_apps_cache()
        else:
            last.state_forwards("house", state)
    made = state.apps
    for model in made.get_models(include_auto_created=True):
        for field in model._meta.get_fields():
            if field.is_relation:
                other = field.related_model
                assert made.get_model(other._meta.label) is other, (model, field)
    person, paper = made.get_model("house.Person"), made.get_model("house.Paper")
    assert {each.related_model for each in person._meta.related_objects} >= {person, paper}
    assert made.get_model("house.Letter").__bases__ == (paper,)
    assert paper._meta.get_field("by").target_field is person._meta.pk
    assert [each.name for each in paper._meta.constraints] == ["has_pages"]


def test_django_is_left_as_it_was() -> None:
    before = dict(vars(ProjectState))
    with quick_growth():
        assert dict(vars(ProjectState)) != before
    assert dict(vars(ProjectState)) == before
