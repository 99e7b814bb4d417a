"""Rows that are written once: hand-overs that others rely on. A correction is a new row.

class Clearance(FinalRow): ...                       # models: Django refuses changes

operations = [FinalRows("compliance_clearance")]     # migrations: the database itself refuses them too
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, NoReturn

from django.db import models
from django.db.migrations.operations.base import Operation

from dataferry.messages import RefusedError

REFUSED = "this row is final"


class WrittenOnce(models.QuerySet):
    """Rows that may be added and read."""

    def update(self, **_changes: Any) -> NoReturn:
        raise RefusedError("server.journal.row_is_final")

    def bulk_update(self, *_arguments: Any, **_options: Any) -> NoReturn:
        raise RefusedError("server.journal.row_is_final")

    def delete(self) -> NoReturn:
        raise RefusedError("server.journal.row_is_final")


class FinalRow(models.Model):
    """A row that is inserted and never changed."""

    objects = WrittenOnce.as_manager()

    class Meta:
        abstract = True

    def save(self, *args: Any, **kwargs: Any) -> None:
        if not self._state.adding:
            raise RefusedError("server.journal.row_is_final")
        kwargs["force_insert"] = True
        super().save(*args, **kwargs)

    def delete(self, *_arguments: Any, **_options: Any) -> NoReturn:
        raise RefusedError("server.journal.row_is_final")


class FinalRows(Operation):
    """Triggers that refuse to change or remove the rows of a table.

    Args:
        table: its name in the database.
        stay: when given, only these columns are final (the rest of the row has a life); removing is always refused.
    """

    reduces_to_sql = False

    def __init__(self, table: str, stay: Sequence[str] = ()) -> None:
        self.table, self.stay = table, tuple(stay)

    def deconstruct(self) -> tuple[str, list[Any], dict[str, Any]]:
        return (type(self).__qualname__, [self.table, self.stay], {})

    def describe(self) -> str:
        return f"Make rows of {self.table} final"

    def state_forwards(self, app_label: str, state: Any) -> None:
        """Models know nothing of triggers."""

    def database_forwards(self, _app_label: str, schema_editor: Any, _before: Any, _after: Any) -> None:
        for statement in self._statements(schema_editor.connection.vendor):
            schema_editor.execute(statement, params=None)

    def database_backwards(self, _app_label: str, schema_editor: Any, _before: Any, _after: Any) -> None:
        vendor = schema_editor.connection.vendor
        for act in ("update", "delete"):
            on = "" if vendor == "sqlite" else f" ON {self.table}"
            schema_editor.execute(f"DROP TRIGGER {self.table}_{act}_refused{on}", params=None)
        if vendor == "postgresql":
            schema_editor.execute(f"DROP FUNCTION {self.table}_is_final()", params=None)

    def _statements(self, vendor: str) -> Iterator[str]:
        if vendor == "postgresql":
            yield (
                f"CREATE FUNCTION {self.table}_is_final() RETURNS trigger LANGUAGE plpgsql AS "
                f"$$ BEGIN RAISE EXCEPTION '{REFUSED}'; END $$"
            )
        differs = "IS NOT" if vendor == "sqlite" else "IS DISTINCT FROM"
        changed = " OR ".join(f"OLD.{column} {differs} NEW.{column}" for column in self.stay)
        yield self._refuse(vendor, "UPDATE", changed)
        yield self._refuse(vendor, "DELETE", "")

    def _refuse(self, vendor: str, act: str, when: str) -> str:
        name = f"{self.table}_{act.lower()}_refused"
        condition = f"WHEN ({when}) " if when else ""
        begun = f"CREATE TRIGGER {name} BEFORE {act} ON {self.table} "
        if vendor == "sqlite":
            return f"{begun}{condition}BEGIN SELECT RAISE(ABORT, '{REFUSED}'); END"
        return f"{begun}FOR EACH ROW {condition}EXECUTE FUNCTION {self.table}_is_final()"
