"""The database itself refuses to change or remove an event or an anchor, and moves the head by one step only."""

from django.db import migrations

REFUSED = ("journal_event", "journal_anchor")

SQLITE = [
    f"""CREATE TRIGGER {table}_no_{act} BEFORE {act.upper()} ON {table}
    BEGIN SELECT RAISE(ABORT, 'the journal is append-only'); END"""
    for table in REFUSED
    for act in ("update", "delete")
] + [
    """CREATE TRIGGER journal_chain_no_delete BEFORE DELETE ON journal_chain
    BEGIN SELECT RAISE(ABORT, 'the journal is append-only'); END""",
    """CREATE TRIGGER journal_chain_one_step BEFORE UPDATE ON journal_chain
    WHEN NEW.sequence <> OLD.sequence + 1 OR NEW.instance <> OLD.instance OR NEW.id <> OLD.id
    BEGIN SELECT RAISE(ABORT, 'the journal is append-only'); END""",
]

POSTGRESQL = [
    """CREATE FUNCTION journal_append_only() RETURNS trigger AS
    $$ BEGIN RAISE EXCEPTION 'the journal is append-only'; END $$ LANGUAGE plpgsql""",
    *(
        f"""CREATE TRIGGER {table}_no_change BEFORE UPDATE OR DELETE ON {table}
        FOR EACH ROW EXECUTE FUNCTION journal_append_only()"""
        for table in REFUSED
    ),
    *(
        f"""CREATE TRIGGER {table}_no_truncate BEFORE TRUNCATE ON {table}
        FOR EACH STATEMENT EXECUTE FUNCTION journal_append_only()"""
        for table in (*REFUSED, "journal_chain")
    ),
    """CREATE TRIGGER journal_chain_no_delete BEFORE DELETE ON journal_chain
    FOR EACH ROW EXECUTE FUNCTION journal_append_only()""",
    """CREATE TRIGGER journal_chain_one_step BEFORE UPDATE ON journal_chain FOR EACH ROW
    WHEN (NEW.sequence <> OLD.sequence + 1 OR NEW.instance <> OLD.instance OR NEW.id <> OLD.id)
    EXECUTE FUNCTION journal_append_only()""",
]

DROP = {
    "sqlite": [f"DROP TRIGGER {statement.split()[2]}" for statement in SQLITE],
    "postgresql": ["DROP FUNCTION journal_append_only() CASCADE"],
}


def run(statements):
    def step(apps, schema_editor):
        for statement in statements.get(schema_editor.connection.vendor, []):
            schema_editor.execute(statement, params=None)

    return step


class Migration(migrations.Migration):
    dependencies = [("journal", "0001_initial")]
    operations = [migrations.RunPython(run({"sqlite": SQLITE, "postgresql": POSTGRESQL}), run(DROP))]
