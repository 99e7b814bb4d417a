"""Rows that others rely on are written once: the database itself refuses to change or remove them."""

from django.db import migrations

from dataferry.server.journal.final_rows import FinalRows


class Migration(migrations.Migration):
    dependencies = [("delivery", "0001_initial")]
    operations = [
        FinalRows("delivery_deliverynotice"),
        FinalRows("delivery_servedtable"),
        FinalRows("delivery_servedexport"),
        FinalRows("delivery_servedchange"),
        FinalRows("delivery_meterevent"),
        FinalRows("delivery_firstdelivery"),
        FinalRows("delivery_billedusage"),
    ]
