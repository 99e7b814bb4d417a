"""What only the database can promise: snapshots are never changed, and the words of datasets have an index."""

from django.db import migrations

FACTS = "snapshot_id, position, name, source_name, type, nulls"
CREATE = {
    "sqlite": [
        """CREATE TRIGGER catalogue_snapshot_is_final BEFORE UPDATE ON catalogue_snapshot
        BEGIN SELECT RAISE(ABORT, 'a snapshot is never changed'); END""",
        f"""CREATE TRIGGER catalogue_column_facts_are_final BEFORE UPDATE OF {FACTS}, "distinct", crs ON catalogue_column
        BEGIN SELECT RAISE(ABORT, 'a column of a snapshot is never changed'); END""",
        """CREATE VIRTUAL TABLE catalogue_words USING fts5(
            title, keywords, description, columns, marks, tokenize = 'unicode61 remove_diacritics 0', detail = 'column'
        )""",
        """CREATE TRIGGER catalogue_words_go AFTER DELETE ON catalogue_dataset
        BEGIN DELETE FROM catalogue_words WHERE rowid = old.id; END""",
    ],
    "postgresql": [
        """CREATE FUNCTION catalogue_row_is_final() RETURNS trigger AS
        $$ BEGIN RAISE EXCEPTION 'a snapshot is never changed'; END $$ LANGUAGE plpgsql""",
        """CREATE TRIGGER catalogue_snapshot_is_final BEFORE UPDATE ON catalogue_snapshot
        FOR EACH ROW EXECUTE FUNCTION catalogue_row_is_final()""",
        f"""CREATE TRIGGER catalogue_column_facts_are_final BEFORE UPDATE OF {FACTS}, "distinct", crs ON catalogue_column
        FOR EACH ROW EXECUTE FUNCTION catalogue_row_is_final()""",
        """CREATE TABLE catalogue_words (
            dataset_id bigint PRIMARY KEY REFERENCES catalogue_dataset (id) ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED,
            words tsvector NOT NULL
        )""",
        "CREATE INDEX catalogue_words_found ON catalogue_words USING gin (words)",
    ],
}
DROP = {
    "sqlite": [
        "DROP TRIGGER catalogue_words_go",
        "DROP TABLE catalogue_words",
        "DROP TRIGGER catalogue_column_facts_are_final",
        "DROP TRIGGER catalogue_snapshot_is_final",
    ],
    "postgresql": [
        "DROP TABLE catalogue_words",
        "DROP TRIGGER catalogue_column_facts_are_final ON catalogue_column",
        "DROP TRIGGER catalogue_snapshot_is_final ON catalogue_snapshot",
        "DROP FUNCTION catalogue_row_is_final()",
    ],
}


def run(statements):
    def step(apps, schema_editor):
        for statement in statements.get(schema_editor.connection.vendor, []):
            schema_editor.execute(statement, params=None)

    return step


class Migration(migrations.Migration):
    dependencies = [("catalogue", "0001_initial")]
    operations = [migrations.RunPython(run(CREATE), run(DROP))]
