"""Rows that others rely on are written once: the database itself refuses to change or remove them."""

from django.db import migrations

from dataferry.server.journal.final_rows import FinalRows


class Migration(migrations.Migration):
    dependencies = [("compliance", "0001_initial")]
    operations = [
        FinalRows("compliance_itemevidence"),
        FinalRows("compliance_machineevidence"),
        FinalRows("compliance_clearance"),
        FinalRows("compliance_clearanceend"),
        FinalRows("compliance_headentry"),
        FinalRows(
            "compliance_borderdecision",
            ("release_id", "exporter_id", "recipient", "facts", "document", "digest", "rules_version", "outcome", "decided_on"),
        ),
    ]
