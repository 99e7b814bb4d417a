"""The database itself refuses to change a release, whichever way the change comes."""

from django.db import migrations

CREATE = {
    "sqlite": [
        """CREATE TRIGGER workshop_release_is_final BEFORE UPDATE ON workshop_release
        BEGIN SELECT RAISE(ABORT, 'a release is never changed'); END"""
    ],
    "postgresql": [
        """CREATE FUNCTION workshop_release_is_final() RETURNS trigger AS
        $$ BEGIN RAISE EXCEPTION 'a release is never changed'; END $$ LANGUAGE plpgsql""",
        """CREATE TRIGGER workshop_release_is_final BEFORE UPDATE ON workshop_release
        FOR EACH ROW EXECUTE FUNCTION workshop_release_is_final()""",
    ],
}
DROP = {
    "sqlite": ["DROP TRIGGER workshop_release_is_final"],
    "postgresql": [
        "DROP TRIGGER workshop_release_is_final ON workshop_release",
        "DROP FUNCTION workshop_release_is_final()",
    ],
}


def run(statements):
    def step(apps, schema_editor):
        for statement in statements.get(schema_editor.connection.vendor, []):
            schema_editor.execute(statement, params=None)

    return step


class Migration(migrations.Migration):
    dependencies = [("workshop", "0001_initial")]
    operations = [migrations.RunPython(run(CREATE), run(DROP))]
