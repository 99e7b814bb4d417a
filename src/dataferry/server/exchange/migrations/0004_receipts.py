"""What a bank calls a payment is kept beside it; an offer says whether later releases are in it."""

import django.db.models.deletion
from django.db import migrations, models

from dataferry.server.journal.final_rows import FinalRows


class Migration(migrations.Migration):
    dependencies = [("exchange", "0003_final_rows")]
    operations = [
        migrations.AddField("offer", "later_releases", models.BooleanField(default=False)),
        migrations.CreateModel(
            name="PaymentReceipt",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("provider", models.CharField(max_length=30)),
                ("reference", models.CharField(max_length=120)),
                ("at", models.DateTimeField()),
                (
                    "payment",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT, related_name="receipt", to="exchange.payment"
                    ),
                ),
            ],
            options={
                "ordering": ["payment"],
                "constraints": [
                    models.UniqueConstraint(fields=("provider", "reference"), name="one_receipt_per_reference")
                ],
            },
        ),
        FinalRows("exchange_paymentreceipt"),
    ]
