"""The providers that are built in: transfers confirmed by the exchange, and a pretended one for development."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Protocol

from django.conf import settings
from django.utils.translation import gettext_lazy as _

from dataferry.messages import InputError


class PaymentProvider(Protocol):
    """One way to pay."""

    name: ClassVar[str]
    label: ClassVar[Any]
    confirmed_by_operator: ClassVar[bool]
    """Whether a person of the exchange says that the money came in; else the payer's own act is enough."""

    def is_open(self) -> bool:
        """Whether the settings of this house allow it."""
        ...

    def quote(self, number: str) -> str:
        """What the payer quotes, so that the money finds its payment: unique for each payment."""
        ...

    def instructions(self) -> str:
        """Where the money goes, in the words of the settings."""
        ...


@dataclass(frozen=True)
class BankTransfer:
    """A transfer to the account of the exchange, confirmed by its operator from the statement of the bank."""

    name: ClassVar[str] = "bank-transfer"
    label: ClassVar[Any] = _("Bank transfer")
    confirmed_by_operator: ClassVar[bool] = True

    def is_open(self) -> bool:
        return True

    def quote(self, number: str) -> str:
        return f"DF-{number}"

    def instructions(self) -> str:
        return str(settings.EXCHANGE_BANK_DETAILS)


@dataclass(frozen=True)
class TestProvider:
    """Money that is only pretended, for development and rehearsals."""

    __test__ = False  # it is no test of pytest's

    name: ClassVar[str] = "test"
    label: ClassVar[Any] = _("Test payment (no money moves)")
    confirmed_by_operator: ClassVar[bool] = False

    def is_open(self) -> bool:
        return bool(settings.EXCHANGE_TEST_PAYMENTS)

    def quote(self, number: str) -> str:
        return f"TEST-{number}"

    def instructions(self) -> str:
        return ""


PROVIDERS: Mapping[str, PaymentProvider] = {each.name: each for each in (BankTransfer(), TestProvider())}


def open_providers() -> list[PaymentProvider]:
    """Those that the settings of this house allow."""
    return [each for each in PROVIDERS.values() if each.is_open()]


def provider(name: str) -> PaymentProvider:
    """A provider that may be used.

    Raises:
        InputError: there is none of this name, or the settings do not allow it.
    """
    found = PROVIDERS.get(name)
    if found is None or not found.is_open():
        allowed = ", ".join(each.name for each in open_providers())
        raise InputError("server.exchange.no_such_provider", field="provider", provider=name[:40], allowed=allowed)
    return found
