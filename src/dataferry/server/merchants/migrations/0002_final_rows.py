"""Rows that others rely on are written once: the database itself refuses to change or remove them."""

from django.db import migrations

from dataferry.server.journal.final_rows import FinalRows


class Migration(migrations.Migration):
    dependencies = [("merchants", "0001_initial")]
    operations = [
        FinalRows("merchants_rulessignature"),
    ]
