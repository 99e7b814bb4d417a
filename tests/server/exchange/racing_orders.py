"""A process in which 200 buyers order the last of a limited plan at the same instant, on a house of its own.

Every order has a connection and a transaction of its own, as on a server. PostgreSQL takes no more than so many
connections, so the orders queue for one as they would for a pool.
"""

import collections
import json
import threading
from collections.abc import Callable
from typing import Any

import django

django.setup()

from django.contrib.auth.models import User  # noqa: E402
from django.db import connection, transaction  # noqa: E402

from dataferry.messages import DataferryError  # noqa: E402
from dataferry.server import journal  # noqa: E402
from dataferry.server.exchange.actions import agreements, money, orders  # noqa: E402
from dataferry.server.exchange.actions.transfers import record_transfer  # noqa: E402
from dataferry.server.exchange.models import (  # noqa: E402
    Agreement,
    Invoice,
    PaymentReceipt,
    Plan,
    UnmatchedTransfer,
)
from dataferry.server.journal import clock  # noqa: E402
from dataferry.server.journal.numbers import BOTH_CITIES  # noqa: E402
from dataferry.server.merchants.models import Merchant  # noqa: E402
from dataferry.server.merchants.states import MERCHANT  # noqa: E402
from dataferry.server.people.models import Membership, Organisation  # noqa: E402
from server.market import make_agreement, make_listed, make_merchant, make_offer, sign_both  # noqa: E402
from server.persons import make_person  # noqa: E402

BUYERS = 200
CONNECTIONS = threading.Semaphore(32)


def make_buyers(count: int) -> list[tuple[User, Merchant]]:
    """Active buyers, each with a manager who cannot sign in (no password is made: that takes long on purpose)."""
    from allauth.account.models import EmailAddress

    made = []
    with transaction.atomic():
        for number in range(count):
            email = f"racer{number}@example.org"
            user = User.objects.create(username=email, email=email, password="!")
            EmailAddress.objects.create(user=user, email=email, verified=True, primary=True)
            organisation = Organisation.objects.create(
                slug=f"racer-{number}", name={"en": f"Racer {number}"}, verified=True
            )
            Membership.objects.create(organisation=organisation, user=user, is_manager=True)
            merchant = Merchant.objects.create(
                organisation=organisation,
                number=journal.next_number("M", clock.now()),
                classes=["buyer"],
                place="hong-kong",
                register_number=f"R{number}",
                applied_by=user,
                applied_at=clock.now(),
            )
            MERCHANT.begin(merchant, "system", "merchants.applied")
            MERCHANT.move(merchant, "verified", "system", "merchants.verified")
            MERCHANT.move(merchant, "active", "system", "merchants.activated")
            made.append((user, merchant))
    return made


def at_once(acts: list[Callable[[], Any]]) -> collections.Counter[str]:
    """Run all at the same instant; how often each ending came."""
    ended: collections.Counter[str] = collections.Counter()
    gate, lock = threading.Barrier(len(acts)), threading.Lock()

    def run(act: Callable[[], Any]) -> None:
        gate.wait()
        with CONNECTIONS:
            try:
                act()
                how = "done"
            except DataferryError as error:
                how = error.code
            except Exception as error:  # noqa: BLE001 - a race that ends in anything else is a fault, and is told
                how = f"{type(error).__name__}: {error}"
            finally:
                connection.close()
        with lock:
            ended[how] += 1

    threads = [threading.Thread(target=run, args=[act]) for act in acts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return ended


supplier = make_merchant("shanghai", "supplier")
operator = make_person("operator@example.org", "exchange-operator")
listing = make_listed(supplier)
offer = make_offer(listing, supplier.manager, "one_off", amount=500, stock=1)
buyers = make_buyers(BUYERS)

ordered = at_once([lambda pair=pair: orders.order(pair[0], offer, pair[1], "research", "planning") for pair in buyers])
plan = Plan.objects.get(pk=offer.plan_id)
told = {
    "ordered": dict(ordered),
    "sold": plan.sold,
    "agreements": Agreement.objects.count(),
    "offer": type(offer).objects.get(pk=offer.pk).state,
}

# Each side signs ten times at once; then one message of the bank comes ten times.
agreement = Agreement.objects.get()
signer = User.objects.get(memberships__organisation=agreement.buyer.organisation)
signing = [lambda: agreements.sign(signer, agreement, "buyer", agreement.digest)] * 10
signing += [lambda: agreements.sign(supplier.manager, agreement, "supplier", agreement.digest)] * 10
told["signed"] = dict(at_once(signing))
payment = money.start_payment(signer, Invoice.objects.get(), "bank-transfer")
told["confirmed"] = dict(at_once([lambda: money.confirm_payment(operator, payment, "HSBC 1")] * 10))
payment.refresh_from_db()
told["refunded"] = dict(at_once([lambda: money.refund(operator, payment, 150, "part")] * 10))
told["left"] = sum(share.amount for share in payment.shares.all())

# Invoices of one supplier at the same instant: numbers without gaps.
usage = make_offer(listing, supplier.manager, "per_call", amount=3)
rivals = [make_merchant("hong-kong", "buyer") for _ in range(5)]
running = [sign_both(make_agreement(usage, rival), supplier, rival) for rival in rivals]
now = clock.now()
hours = [
    (now.replace(minute=0, second=0, microsecond=hour), now.replace(minute=0, second=0, microsecond=hour + 1))
    for hour in range(4)
]
billing = [lambda a=a, h=h: money.bill_usage(a, *h, 7) for a in running for h in hours for _ in range(2)]
told["billed"] = dict(at_once(billing))
told["numbers"] = sorted(Invoice.objects.values_list("sequence", flat=True))

# One transfer of the bank is confirmed as a payment and recorded as unmatched, at the same instant.
bought = sign_both(
    make_agreement(make_offer(listing, supplier.manager, "one_off", amount=900), rivals[0]), supplier, rivals[0]
)
waiting = money.start_payment(rivals[0].manager, bought.invoices.get(), "bank-transfer")
today = now.astimezone(BOTH_CITIES).date()
came = {"city": "shanghai", "currency": "HKD", "amount": 900, "payer": "Somebody", "received_on": today}
claims = [lambda: money.confirm_payment(operator, waiting, "HSBC 2")] * 5
claims += [lambda: record_transfer(operator, reference="HSBC 2", **came)] * 5
told["claimed"] = dict(at_once(claims))
told["payments"] = PaymentReceipt.objects.filter(reference="HSBC 2").count()
told["transfers"] = UnmatchedTransfer.objects.filter(bank_reference="HSBC 2").count()
told["replayed"] = journal.replay(journal.selected()).holds
print(json.dumps(told))
