"""Payment behind an interface: who takes the money is a provider; what it means is the exchange's own business.

    provider = money.provider("bank-transfer")
    provider.quote("P-2026-0007")       # what the payer writes on the transfer

A provider says what to quote and how to pay, and whether a person of the exchange must confirm what came in. Another
one is a module with a `PaymentProvider` in `PROVIDERS`.
"""

from __future__ import annotations

from dataferry.server.exchange.money.providers import (
    PROVIDERS,
    BankTransfer,
    PaymentProvider,
    TestProvider,
    open_providers,
    provider,
)

__all__ = ["PROVIDERS", "BankTransfer", "PaymentProvider", "TestProvider", "open_providers", "provider"]
