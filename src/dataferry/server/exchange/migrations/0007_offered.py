"""Products that the challenge hands over."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('exchange', '0006_facets'),
        ('workshop', '0005_builds_without_queue'),
    ]

    operations = [
        migrations.CreateModel(
            name='OfferedDraft',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('reference', models.CharField(max_length=120, unique=True)),
                ('digest', models.CharField(max_length=80)),
                ('offered_at', models.DateTimeField()),
                ('listing', models.OneToOneField(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='offered_draft', to='exchange.listing')),
                ('release', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='workshop.release')),
            ],
            options={
                'ordering': ['-offered_at', '-pk'],
            },
        ),
    ]
