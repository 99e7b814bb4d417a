"""Statements for owners upstream who are no merchants."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from dataferry.server.journal.final_rows import FinalRows


class Migration(migrations.Migration):
    dependencies = [
        ("exchange", "0002_final_rows"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="OwnerStatement",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("number", models.CharField(max_length=20, unique=True)),
                (
                    "city",
                    models.CharField(choices=[("hong-kong", "Hong Kong"), ("shanghai", "Shanghai")], max_length=20),
                ),
                ("owner", models.CharField(max_length=200)),
                (
                    "currency",
                    models.CharField(choices=[("HKD", "Hong Kong dollar"), ("CNY", "Renminbi")], max_length=3),
                ),
                ("period_from", models.DateField()),
                ("period_until", models.DateField()),
                ("total", models.BigIntegerField()),
                ("document", models.JSONField()),
                ("digest", models.CharField(max_length=80)),
                ("made_at", models.DateTimeField()),
                (
                    "made_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "ordering": ["-made_at", "-pk"],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("city", "owner", "currency", "period_from"), name="one_owner_statement_per_beginning"
                    )
                ],
            },
        ),
        FinalRows("exchange_ownerstatement"),
    ]
