"""Transfers that fit no payment. What came in is final; that it went back is written later."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from dataferry.server.journal.final_rows import FinalRows


class Migration(migrations.Migration):

    dependencies = [
        ('exchange', '0003_owner_statements'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='UnmatchedTransfer',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('number', models.CharField(max_length=20, unique=True)),
                ('city', models.CharField(choices=[('hong-kong', 'Hong Kong'), ('shanghai', 'Shanghai')], max_length=20)),
                ('provider', models.CharField(max_length=30)),
                ('bank_reference', models.CharField(max_length=120)),
                ('payer', models.CharField(max_length=200)),
                ('currency', models.CharField(choices=[('HKD', 'Hong Kong dollar'), ('CNY', 'Renminbi')], max_length=3)),
                ('amount', models.BigIntegerField()),
                ('received_on', models.DateField()),
                ('remark', models.TextField(blank=True, default='')),
                ('state', models.CharField(choices=[('received', 'Waits to be repaid'), ('repaid', 'Repaid')], default='received', max_length=12)),
                ('recorded_at', models.DateTimeField()),
                ('repaid_reference', models.CharField(blank=True, default='', max_length=120)),
                ('repaid_remark', models.TextField(blank=True, default='')),
                ('repaid_at', models.DateTimeField(blank=True, null=True)),
                ('payment', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='transfers', to='exchange.payment')),
                ('recorded_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('repaid_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'ordering': ['-recorded_at', '-pk'],
                'constraints': [models.UniqueConstraint(fields=('provider', 'bank_reference'), name='one_transfer_per_reference'), models.UniqueConstraint(condition=models.Q(('repaid_reference', ''), _negated=True), fields=('provider', 'repaid_reference'), name='one_repayment_per_reference'), models.CheckConstraint(condition=models.Q(('amount__gt', 0)), name='transfer_is_something')],
            },
        ),
        FinalRows(
            "exchange_unmatchedtransfer",
            (
                *("number", "city", "provider", "bank_reference", "payer", "currency", "amount", "received_on"),
                *("payment_id", "remark", "recorded_at"),
            ),
        ),
    ]
