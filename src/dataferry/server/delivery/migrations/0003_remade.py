"""Files that were made again in the place of lost ones."""

from django.db import migrations, models

from dataferry.server.journal.final_rows import FinalRows


class Migration(migrations.Migration):
    dependencies = [("delivery", "0002_final_rows")]
    operations = [
        migrations.CreateModel(
            name="Remade",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("kind", models.CharField(max_length=12)),
                ("holder", models.PositiveBigIntegerField()),
                ("files", models.JSONField()),
                ("made_at", models.DateTimeField()),
            ],
            options={
                "ordering": ["-pk"],
                "indexes": [models.Index(fields=["kind", "holder"], name="remade_of_a_row")],
            },
        ),
        FinalRows("delivery_remade"),
    ]
