"""Rows that others rely on are written once: the database itself refuses to change or remove them."""

from django.db import migrations

from dataferry.server.journal.final_rows import FinalRows


class Migration(migrations.Migration):
    dependencies = [("exchange", "0001_initial")]
    operations = [
        FinalRows("exchange_registrationversion"),
        FinalRows("exchange_listingrelease"),
        FinalRows("exchange_specificationsheet"),
        FinalRows("exchange_negotiationmove"),
        FinalRows("exchange_agreementsignature"),
        FinalRows("exchange_acceptance"),
        FinalRows("exchange_refund"),
        FinalRows("exchange_exchangerate"),
        FinalRows("exchange_statement"),
        FinalRows("exchange_revenueshare"),
        FinalRows(
            "exchange_agreement",
            ("offer_id", "negotiation_id", "listing_id", "release_id", "supplier_id", "buyer_id", "terms", "digest", "odrl"),
        ),
        FinalRows(
            "exchange_certificate",
            ("serial", "kind", "status_index", "credential", "issued_at"),
        ),
        FinalRows(
            "exchange_invoice",
            ("number", "agreement_id", "supplier_id", "year", "sequence", "currency", "lines", "total", "issued_at"),
        ),
        FinalRows(
            "exchange_payment",
            ("invoice_id", "provider", "provider_reference", "currency", "amount"),
        ),
        FinalRows("exchange_paymentreceipt"),
        FinalRows("exchange_paper"),
        FinalRows("exchange_undertaking"),
    ]
