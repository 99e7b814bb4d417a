"""What the marketplace is filtered by."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("exchange", "0005_papers"),
    ]

    operations = [
        migrations.CreateModel(
            name="ListingFacet",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("facet", models.CharField(max_length=12)),
                ("value", models.CharField(max_length=40)),
                (
                    "listing",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="facets", to="exchange.listing"
                    ),
                ),
            ],
            options={
                "ordering": ["listing", "facet", "value"],
                "indexes": [models.Index(fields=["facet", "value"], name="listing_facet_value")],
                "constraints": [
                    models.UniqueConstraint(fields=("listing", "facet", "value"), name="one_value_of_a_listing_facet")
                ],
            },
        ),
    ]
