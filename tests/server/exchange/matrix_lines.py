"""Every page and operation of merchants, compliance, exchange and delivery, and the thing it is tried on.

The places and their things are those of `matrix_season`; what a line says: `server.matrix.Line`.
"""

from __future__ import annotations

from server.matrix import Line, at

PLACE = "number=application"
MERCHANTS = {
    "merchants-directory": at("traded"),
    "merchants-rules": at("traded"),
    "merchants-mine": at("traded"),
    "merchants-desk": at("traded"),
    "merchants-apply": at(
        "begun",
        "slug=organisation",
        "classes=buyer&place=macau&register_number=12345&critical=no&free_trade_zone=no&state_organ=no",
    ),
    "merchants-merchant": at("traded", "number=merchant"),
    "merchants-application": at(
        "begun",
        PLACE,
        "do=return&reason=Unreadable",
        "do=refuse&reason=Not+a+company",
        "do=check&revision={application_revision}&outcome_register=seen&note_register=Looked+up",
        "do=profile&about_en=We+trade&website=https://example.org",
        "do=remove_paper&number={paper}",
        "do=leave&sure=yes",
    ),
    "merchants-paper": at("begun", PLACE + " key=paper"),
}
CASES = {
    "compliance-cases": at("traded"),
    "compliance-desk": at("traded"),
    "compliance-checklist": at("traded"),
    "compliance-open": at("begun", "", "supplier={merchant}&recipients=hong-kong"),
    "compliance-case": at(
        "begun", "number=case", "do=gather", "do=submit&assessor={assessor}", "do=withdraw&sure=yes", "do=find_clear"
    ),
    "compliance-report": at("traded", "number=case"),
    "compliance-item": at(
        "begun", "number=case code=item", "do=answer&revision={item_revision}&statement=As+the+papers+show"
    ),
    "compliance-evidence": at("begun", "number=case key=evidence"),
    "compliance-clearance": at("traded", "number=clearance", "reason=The+source+was+withdrawn"),
    "compliance-clearance-document": at("traded", "number=clearance"),
}
BORDER = {
    "compliance-border": at("traded"),
    "compliance-border-decision": at(
        "begun", "number=decision", "do=sign&outcome=free&note=Ten+vehicles+a+cell", "do=refuse&reason=Too+fine"
    ),
    "compliance-border-ask": at("begun", "", "exporter={merchant}&recipient=hong-kong"),
    "compliance-border-approvals": at(
        "traded",
        "",
        "exporter={merchant}&mechanism=exemption&paper_number=7&recipient=hong-kong"
        "&valid_from=2026-01-01&valid_until=2027-01-01",
    ),
    "compliance-border-approval": at("begun", "number=approval", "do=confirm", "do=end&reason=Out+of+date"),
    "compliance-border-ledger": at("traded", "number=merchant"),
}
REGISTERS = {
    "exchange-registrations": at("traded"),
    "exchange-registration-new": at("traded"),
    "exchange-registration": at("begun", "number=registration", "do=submit", "do=cancel&reason=Not+ours"),
    "exchange-registration-edit": at(
        "begun", "number=registration", "do=save&source_kind=public&rights=holding&basis_en=Made+by+us"
    ),
    "exchange-objection-new": at("decided", "number=registration", "grounds=source&statement=It+is+mine"),
    "exchange-notices": at("decided"),
    "exchange-paper": at("begun", "number=kept"),
    "exchange-certificate": at("traded"),
    "exchange-credential": at("traded"),
    "exchange-certificate-pdf": at("traded"),
    "exchange-status-list": at("traded"),
    "exchange-suspension-list": at("traded"),
    "exchange-credential-address": at("traded"),
    "exchange/certificates/<slug:serial>/": at("traded"),
    "exchange-listing-address": at("traded", "number=listing"),
}
LISTINGS = {
    "exchange-listings": at("traded"),
    "exchange-mine": at("traded", "", "offer=1&supplier={merchant}"),
    "exchange-desk": at("traded"),
    "exchange-listing-new": at("begun", "number=registration"),
    "exchange-listing": at(
        "traded", "number=listing", "do=suspend&reason=A+complaint", "do=delist&reason=Sold+out", "do=release"
    ),
    "exchange-listing-edit": at(
        "begun",
        "number=listing",
        "do=scenario&code=another&title_en=Another&purposes=research",
        "do=remove_scenario&code=planning",
        "do=sign",
        "do=submit",
    ),
    "exchange-sheet": at("traded", "number=listing"),
    "exchange-sheet-pdf": at("traded", "number=listing"),
    "exchange-sheet-json": at("traded", "number=listing"),
}
TRADE = {
    "exchange-offers": at("traded", "number=listing"),
    "exchange-prices": at(
        "traded",
        "number=listing",
        "do=plan&plan-code=dear&plan-kind=one_off&plan-currency=HKD&plan-amount=12.50&plan-per=1",
        "do=policy&policy-code=city&policy-purposes=research&policy-regions=hong-kong",
        "do=offer&offer-plan={plan}&offer-policy={policy}",
        "do=withdraw&name={private}",
        "do=close-plan&name={plan}",
        "do=close-policy&name={policy}",
    ),
    "exchange-offer": at(
        "traded",
        "number=offer",
        "do=order&order-buyer={bought_by}&order-purpose=public-service&order-scenario=planning",
        "do=request&request-buyer={bought_by}&request-purpose=public-service&request-scenario=planning"
        "&request-amount=5&request-later_releases=unknown",
    ),
    "exchange-offer-policy": at("traded", "number=offer"),
    "exchange-negotiation": at(
        "begun",
        "number=negotiation",
        "do=accept&revision={revision}",
        "do=counter&revision={revision}&amount=550",
        "do=terminate&remark=No",
    ),
    "exchange-trade": at("traded"),
    "exchange-agreement": at(
        "begun",
        "number=agreement",
        "do=sign-buyer&digest={digest}",
        "do=sign-supplier&digest={digest}",
        "do=cancel",
    ),
    "exchange-agreement-terms": at("begun", "number=agreement"),
    "exchange-agreement-policy": at("begun", "number=agreement"),
    "exchange-dispute": at(
        "traded",
        "number=dispute",
        "do=answer&answer=It+is+as+agreed",
        "do=uphold&decide-decision=Too+coarse",
        "do=dismiss&decide-decision=As+agreed",
        "do=suspend",
        "do=withdraw",
        "do=settle",
    ),
}
MONEY = {
    "exchange-invoices": at("traded"),
    "exchange-invoice": at(
        "examined", "number=invoice", "do=pay&provider=bank-transfer", "do=settle&payment={payment}"
    ),
    "exchange-invoice-csv": at("traded", "number=invoice"),
    "exchange-statements": at("traded", "", "party={merchant}&currency=HKD&first=2026-01-01&last=2026-01-31"),
    "exchange-statement": at("traded", "number=statement"),
    "exchange-statement-csv": at("traded", "number=statement"),
    "exchange-statement-json": at("traded", "number=statement"),
    "exchange-statement-pdf": at("traded", "number=statement"),
    "exchange-owner-statements": at(
        "traded", "", "owner={owner}&city=shanghai&currency=HKD&first=2026-01-01&last=2026-01-31"
    ),
    "exchange-owner-statement-pdf": at("traded", "number=owner_statement"),
    "exchange-owner-statement-csv": at("traded", "number=owner_statement"),
    "exchange-owner-statement-json": at("traded", "number=owner_statement"),
    "exchange-transfers": at(
        "traded", "", "city=shanghai&received_on=2026-01-05&payer=Company&currency=HKD&amount=5&reference=LATE-2"
    ),
    "exchange-transfer": at("traded", "number=transfer", "reference=BACK-1"),
    "exchange-money-desk": at("traded", "", "base=HKD&rate=0.92&quote=CNY&day=2026-01-05&source=HKMA"),
    "exchange-payment": at(
        "examined",
        "number=payment",
        "do=confirm&confirm-provider_reference=HSBC-1&confirm-amount={amount}",
        "do=fail",
    ),
    "exchange-owners-csv": at("traded"),
}
DELIVERY = {
    "delivery-mine": at("traded"),
    "delivery-desk": at("traded"),
    "delivery-entitlement": at("traded", "number=entitlement", "label=Mine&scopes=share&days=30"),
    "delivery-usage": at("traded", "number=entitlement"),
    "delivery-ask": at("traded", "number=entitlement", "figure_1=count"),
    "delivery-profile": at("traded", "number=entitlement", "token={token}"),
    "delivery-stop": at(
        "traded", "number=entitlement", "do=suspend&reason=Waits", "do=revoke&reason=Misuse", "do=resume"
    ),
    "delivery-make-again": at("traded", "number=entitlement"),
    "delivery-key-rotate": at("traded", "number=entitlement"),
    "delivery-key-revoke": at("traded", "number=entitlement"),
    "delivery-fetch": at("traded", "number=entitlement kind=format"),
    "delivery-notice": at("traded", "number=entitlement"),
}
DOORS = {
    "sharing-shares": at("traded"),
    "sharing-share": at("traded"),
    "sharing-schemas": at("traded"),
    "sharing-all-tables": at("traded"),
    "sharing-tables": at("traded"),
    "sharing-table": at("traded"),
    "sharing-version": at("traded"),
    "sharing-metadata": at("traded"),
    "sharing-query": at("traded"),
    "sharing-changes": at("traded"),
    "sharing-unknown": at("traded"),
    "delivery-file": at("traded", "name=file"),
    "delivery-download": at("traded", "kind=format"),
    "delivery-rows": at("traded"),
    "delivery-answers": at("traded"),
}
PAGES: dict[str, Line] = {
    **MERCHANTS,
    **CASES,
    **BORDER,
    **REGISTERS,
    **LISTINGS,
    **TRADE,
    **MONEY,
    **DELIVERY,
    **DOORS,
}
OPERATIONS: dict[str, Line] = {
    "list_listings": at("traded"),
    "get_listing": at("traded", "number=listing"),
    "get_registration": at("traded", "number=registration"),
    "list_offers": at("traded", "number=listing"),
    "get_offer": at("traded", "number=offer"),
    "order_offer": at("traded", "number=offer"),
    "request_terms": at("traded", "number=offer"),
    "list_negotiations": at("traded"),
    "get_negotiation": at("begun", "number=negotiation"),
    "counter_terms": at("begun", "number=negotiation"),
    "accept_terms": at("begun", "number=negotiation"),
    "list_agreements": at("traded"),
    "get_agreement": at("traded", "number=agreement"),
    "sign_agreement": at("begun", "number=agreement"),
    "cancel_agreement": at("begun", "number=agreement"),
    "accept_delivery": at("traded", "number=agreement"),
    "list_invoices": at("traded"),
    "get_invoice": at("traded", "number=invoice"),
    "list_statements": at("traded"),
    "get_statement": at("traded", "number=statement"),
    "list_deliveries": at("traded"),
    "get_delivery": at("traded", "number=entitlement"),
    "get_delivery_usage": at("traded", "number=entitlement"),
    "list_delivery_keys": at("traded", "number=entitlement"),
    "make_delivery_key": at("traded", "number=entitlement"),
    "revoke_delivery_key": at("traded", "number=entitlement"),
    "download_delivery": at("traded", "number=entitlement"),
}
AGAIN: dict[str, tuple[Line, ...]] = {
    "merchants-application": (
        at(
            "traded",
            "number=merchant",
            "do=suspend&reason=Asked+by+the+court",
            "do=classes&further=intermediary",
            "do=grant&seen_register=Looked+up",
            "do=again&classes=buyer",
        ),
    ),
    "compliance-case": (
        at("examined", "number=case", "do=find_clear", "do=request&items={item}&reason=More", "do=withdraw&sure=yes"),
        at(
            "decided",
            "number=case",
            "do=decide&outcome=passed&reason=In+order",
            "do=request&items={item}&reason=More",
        ),
    ),
    "compliance-item": (
        at("examined", "number=case code=item", "do=find&revision={item_revision}&state=satisfied&finding=Seen"),
    ),
    "compliance-border-decision": (at("traded", "number=decision", "do=withdraw&reason=Facts+changed"),),
    "compliance-border-approval": (at("decided", "number=approval", "do=suspend&reason=Asked+to"),),
    "exchange-registration": (
        at("examined", "number=registration", "do=return&reason=Unclear", "do=refuse&reason=No", "do=notice"),
        at(
            "decided",
            "number=registration",
            "do=dismissed&number={objection}&reason=Not+shown",
            "do=upheld&number={objection}&reason=Shown",
            "do=withdraw_objection&number={objection}",
            "do=certify",
        ),
        at("traded", "number=registration", "do=renew", "do=cancel&reason=Over"),
    ),
    "exchange-paper": (at("examined", "number=kept"),),
    "exchange-listing": (
        at("begun", "number=listing"),
        at("examined", "number=listing", "do=list", "do=return&reason=Unclear"),
    ),
    "exchange-sheet": (at("begun", "number=listing"),),
    "exchange-offers": (at("begun", "number=listing"),),
    "exchange-certificate": (at("traded", "serial=deed"),),
    "exchange-credential": (at("traded", "serial=deed"),),
    "exchange-certificate-pdf": (at("traded", "serial=deed"),),
    "exchange-credential-address": (at("traded", "serial=deed"),),
    "exchange-offer": (
        at(
            "traded",
            "number=private",
            "do=order&order-buyer={bought_by}&order-purpose=public-service&order-scenario=planning",
        ),
    ),
    "exchange-offer-policy": (at("traded", "number=private"),),
    "exchange-negotiation": (at("examined", "number=negotiation", "do=accept&revision={revision}"),),
    "exchange-agreement": (
        at(
            "traded",
            "number=agreement",
            "do=accept",
            "do=dispute&dispute-grounds=money&dispute-statement=Too+dear",
            "do=suspend&reason-reason=A+complaint",
            "do=resume",
            "do=terminate&reason-reason=Breach",
        ),
        at("traded", "number=rivals"),
    ),
    "exchange-payment": (at("traded", "number=payment", "do=refund&refund-amount=10&refund-reason=Goodwill"),),
    "delivery-entitlement": (at("traded", "number=rivals_entitlement"),),
    "get_listing": (at("begun", "number=listing"),),
    "get_registration": (at("begun", "number=registration"),),
    "get_offer": (at("traded", "number=private"),),
    "get_agreement": (at("traded", "number=rivals"),),
    "get_delivery": (at("traded", "number=rivals_entitlement"),),
    "make_delivery_key": (at("traded", "number=rivals_entitlement"),),
    "download_delivery": (at("traded", "number=rivals_entitlement"),),
}
"""Tried once more: on what is further along, and on what is another's."""
