"""Django's `migrate`, many times quicker where tables are made: on a new house, and in every test of one."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.core.management.commands import migrate
from django.db.migrations.state import ProjectState

GROWING = ("add_model", "add_field", "add_index", "add_constraint")
"""Steps that take nothing away: what other models know of the changed one stays right."""


class Command(migrate.Command):
    """Django's own, inside `quick_growth`."""

    def handle(self, *arguments: Any, **options: Any) -> None:
        with quick_growth():
            super().handle(*arguments, **options)


@contextmanager
def quick_growth() -> Iterator[None]:
    """Inside the block a growing step makes the changed model's class anew, and no others.

    Django makes every class anew that is related to it, over any number of relations: here that is all of them, as
    everything has a person who did it. That took nine tenths of a migration. Any other step, and one that runs Python,
    finds all classes made anew.
    """
    growing = 0
    original = {name: getattr(ProjectState, name) for name in (*GROWING, "_find_reload_model")}

    def grown(step: Any) -> Any:
        def taken(self: ProjectState, *arguments: Any, **options: Any) -> None:
            nonlocal growing
            growing += 1
            try:
                step(self, *arguments, **options)
            finally:
                growing -= 1

        return taken

    def found(self: ProjectState, app_label: str, model_name: str, delay: bool = False) -> set[tuple[str, str]]:
        if growing and not _has_heirs(self, app_label, model_name):
            # Django's word for "not all classes are as they should be": who needs them all makes them.
            self.is_delayed = True
            return {(app_label, model_name)}
        if self.is_delayed:
            # The change is in the state already: all classes made anew from there have it.
            self.clear_delayed_apps_cache()
            self.is_delayed = False
            return set()
        related: set[tuple[str, str]] = original["_find_reload_model"](self, app_label, model_name, delay)
        return related

    for name in GROWING:
        setattr(ProjectState, name, grown(original[name]))
    ProjectState._find_reload_model = found  # type: ignore[attr-defined]  # noqa: SLF001
    try:
        yield
    finally:
        for name, each in original.items():
            setattr(ProjectState, name, each)


def _has_heirs(state: ProjectState, app_label: str, model_name: str) -> bool:
    """Whether the class of another model is derived from this one's."""
    name = f"{app_label}.{model_name}"
    return any(name == str(base).lower() for model in state.models.values() for base in model.bases)
