"""Addresses of trade: offers, negotiations, agreements, money, complaints."""

from django.urls import path

from dataferry.server.exchange.pages import (
    agreements,
    buying,
    owner_statements,
    prices,
    trade_desk,
    trade_money,
    transfers,
)

urlpatterns = [
    path("listings/<slug:number>/offers/", buying.offers, name="exchange-offers"),
    path("listings/<slug:number>/prices/", prices.prices, name="exchange-prices"),
    path("offers/<slug:number>/", buying.offer, name="exchange-offer"),
    path("offers/<slug:number>/policy.jsonld", buying.offer_policy, name="exchange-offer-policy"),
    path("negotiations/<slug:number>/", buying.negotiation, name="exchange-negotiation"),
    path("trade/", agreements.mine, name="exchange-trade"),
    path("trade/invoices/", trade_money.invoices, name="exchange-invoices"),
    path("trade/statements/", trade_money.statements, name="exchange-statements"),
    path("agreements/<slug:number>/", agreements.agreement, name="exchange-agreement"),
    path("agreements/<slug:number>/terms.json", agreements.terms, name="exchange-agreement-terms"),
    path("agreements/<slug:number>/policy.jsonld", agreements.policy, name="exchange-agreement-policy"),
    path("invoices/<slug:number>/", trade_money.invoice, name="exchange-invoice"),
    path("invoices/<slug:number>/lines.csv", trade_money.invoice_file, name="exchange-invoice-csv"),
    path("statements/<slug:number>/", trade_money.statement, name="exchange-statement"),
    path(
        "statements/<slug:number>/lines.csv",
        trade_money.statement_file,
        {"suffix": "csv"},
        name="exchange-statement-csv",
    ),
    path(
        "statements/<slug:number>/document.json",
        trade_money.statement_file,
        {"suffix": "json"},
        name="exchange-statement-json",
    ),
    path("statements/<slug:number>/<str:tag>.pdf", trade_money.statement_pdf, name="exchange-statement-pdf"),
    path("disputes/<slug:number>/", agreements.dispute, name="exchange-dispute"),
    path("desk/money/", trade_desk.desk, name="exchange-money-desk"),
    path("desk/payments/<slug:number>/", trade_desk.payment, name="exchange-payment"),
    path("desk/transfers/", transfers.transfers, name="exchange-transfers"),
    path("desk/transfers/<slug:number>/", transfers.transfer, name="exchange-transfer"),
    path("desk/owners.csv", trade_desk.owners_file, name="exchange-owners-csv"),
    path("desk/owners/", owner_statements.owners, name="exchange-owner-statements"),
    path("desk/owners/<slug:number>/<str:tag>.pdf", owner_statements.pdf, name="exchange-owner-statement-pdf"),
    path(
        "desk/owners/<slug:number>/lines.csv",
        owner_statements.file,
        {"suffix": "csv"},
        name="exchange-owner-statement-csv",
    ),
    path(
        "desk/owners/<slug:number>/document.json",
        owner_statements.file,
        {"suffix": "json"},
        name="exchange-owner-statement-json",
    ),
]
