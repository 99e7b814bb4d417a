"""Rows that others rely on are written once: the database itself refuses to change or remove them."""

from django.db import migrations

WRITTEN_ONCE = ("editionversion", "submission", "sheetrevision", "ballot")
# Of a result only its state and the instants of it may change.
RESULT_STAYS = ("round_id", "revision", "document", "digest", "inputs_digest", "reason", "computed_at")
REFUSED = "this row is final"


def statements(vendor):
    for table in WRITTEN_ONCE:
        for act in ("UPDATE", "DELETE"):
            yield from refuse(vendor, f"challenge_{table}", act, "")
    yield from refuse(vendor, "challenge_result", "DELETE", "")
    differs = "IS NOT" if vendor == "sqlite" else "IS DISTINCT FROM"
    changed = " OR ".join(f"OLD.{column} {differs} NEW.{column}" for column in RESULT_STAYS)
    yield from refuse(vendor, "challenge_result", "UPDATE", changed)


def refuse(vendor, table, act, when):
    name = f"{table}_{act.lower()}_refused"
    condition = f"WHEN ({when}) " if when else ""
    if vendor == "sqlite":
        yield f"CREATE TRIGGER {name} BEFORE {act} ON {table} {condition}BEGIN SELECT RAISE(ABORT, '{REFUSED}'); END"
    else:
        yield (
            f"CREATE TRIGGER {name} BEFORE {act} ON {table} FOR EACH ROW {condition}"
            "EXECUTE FUNCTION challenge_row_is_final()"
        )


def names():
    for table in WRITTEN_ONCE:
        for act in ("update", "delete"):
            yield f"challenge_{table}_{act}_refused", f"challenge_{table}"
    yield "challenge_result_delete_refused", "challenge_result"
    yield "challenge_result_update_refused", "challenge_result"


def put(apps, schema_editor):
    vendor = schema_editor.connection.vendor
    if vendor == "postgresql":
        schema_editor.execute(
            "CREATE FUNCTION challenge_row_is_final() RETURNS trigger LANGUAGE plpgsql AS "
            f"$$ BEGIN RAISE EXCEPTION '{REFUSED}'; END $$",
            params=None,
        )
    for statement in statements(vendor):
        schema_editor.execute(statement, params=None)


def take_away(apps, schema_editor):
    vendor = schema_editor.connection.vendor
    for name, table in names():
        schema_editor.execute(f"DROP TRIGGER {name}" + ("" if vendor == "sqlite" else f" ON {table}"), params=None)
    if vendor == "postgresql":
        schema_editor.execute("DROP FUNCTION challenge_row_is_final()", params=None)


class Migration(migrations.Migration):
    dependencies = [("challenge", "0001_initial")]
    operations = [migrations.RunPython(put, take_away)]
