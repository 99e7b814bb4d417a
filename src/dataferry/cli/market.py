"""`dataferry market`: buy a data product from the command line. What comes after the purchase: `market_data`."""

from __future__ import annotations

import itertools
import sys
from typing import Annotated

import typer

from dataferry.cli import market_data
from dataferry.cli.login import client_of
from dataferry.cli.output import console, show, word
from dataferry.messages import UsageError

market_app = typer.Typer(
    help="The market: find a product, order it, sign, fetch what was bought.", no_args_is_help=True
)

Json = Annotated[bool, typer.Option("--json", help="Print one JSON document.")]
Server = Annotated[str | None, typer.Option("--server", help="The server (default: the one used last).")]
AgreementNumber = Annotated[str, typer.Argument(metavar="AGREEMENT", help="Number of the agreement: A-...")]


def register(app: typer.Typer) -> None:
    """Add `market` with its commands."""
    market_app.command("list")(list_products)
    market_app.command("show")(show_product)
    market_app.command("order")(order)
    market_app.command("sign")(sign)
    market_app.command("agreements")(agreements)
    market_data.register(market_app)
    app.add_typer(market_app, name="market")


def list_products(
    words: Annotated[list[str] | None, typer.Argument(metavar="[WORDS]...", help="Words that all must be met.")] = None,
    city: Annotated[str, typer.Option("--city", help="Only data of this city: hong-kong or shanghai.")] = "",
    board: Annotated[str, typer.Option("--board", help="Only this sector board.")] = "",
    most: Annotated[int, typer.Option("--most", min=1, max=1000, help="At most so many.")] = 50,
    server: Server = None,
    as_json: Json = False,
) -> None:
    """List products for sale, the newest first."""
    from dataferry.cli.market_output import show_listings

    facets = {name: value for name, value in (("city", city), ("board", board)) if value}
    with client_of(server) as client:
        found = list(itertools.islice(client.market.listings(" ".join(words or ()), **facets), most))
    show([dict(each.raw) for each in found], as_json, lambda: show_listings(found))


def show_product(
    listing: Annotated[str, typer.Argument(metavar="LISTING", help="Number of the product on the list: L-...")],
    server: Server = None,
    as_json: Json = False,
) -> None:
    """Show a product: what it is, for which scenarios, and what it is offered for."""
    from dataferry.cli.market_output import show_listing

    with client_of(server) as client:
        found, offers = client.market.listing(listing), list(client.market.offers(listing))
    value = {**found.raw, "offers": [dict(each.raw) for each in offers]}
    show(value, as_json, lambda: show_listing(found, offers))


def order(
    offer: Annotated[str, typer.Argument(metavar="OFFER", help="Number of the offer: F-...")],
    purpose: Annotated[str, typer.Option("--purpose", help="One of the purposes that the offer allows.")],
    scenario: Annotated[str, typer.Option("--scenario", help="Code of one of the product's scenarios.")],
    buyer: Annotated[str, typer.Option("--buyer", help="The merchant that buys, where you have several: M-...")] = "",
    periods: Annotated[int, typer.Option("--periods", min=1, max=120, help="How many periods are bought.")] = 1,
    server: Server = None,
    as_json: Json = False,
) -> None:
    """Order an offer as it stands. The agreement binds nobody until both sides have signed."""
    from dataferry.cli.market_output import show_agreement, tell

    with client_of(server) as client:
        made = client.market.order(offer, purpose=purpose, scenario=scenario, buyer=buyer, periods=periods)

    def render() -> None:
        show_agreement(made)
        tell("market_sign_next", agreement=made.number)

    show(dict(made.raw), as_json, render)


def sign(
    agreement: AgreementNumber,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask. Needs --digest: of the terms that you read.")] = False,
    digest: Annotated[str, typer.Option("--digest", help="Digest of the terms that you read.")] = "",
    server: Server = None,
    as_json: Json = False,
) -> None:
    """Sign an agreement for the buyer, as its manager. The terms are shown, and you are asked.

    What is signed is the digest of the terms that were shown; it is computed here, not taken from the server.
    """
    from dataferry.cli.market_output import show_agreement, tell
    from dataferry.client.market import digest_of_terms

    if yes and not digest:
        raise UsageError("cli.market_yes_needs_digest")
    if not yes and (as_json or not sys.stdin.isatty()):
        raise UsageError("cli.market_cannot_ask", agreement=agreement[:20])
    with client_of(server) as client:
        found = client.market.agreement(agreement)
        read = digest_of_terms(found.terms)
        if not yes:
            show_agreement(found)
            if not typer.confirm(word("market_sign_question")):
                tell("market_not_signed")
                return
        signed = client.market.sign(found, digest or read)

    def render() -> None:
        console.print("[green]✓[/]", end=" ")
        told = "market_signed_both" if len(signed.signed) > 1 else "market_signed_one"
        tell(told, agreement=signed.number, state=signed.state)

    show(dict(signed.raw), as_json, render)


def agreements(server: Server = None, as_json: Json = False) -> None:
    """List your agreements, with your invoices that are to be paid."""
    from dataferry.cli.market_output import money, show_agreements, tell

    with client_of(server) as client:
        found = list(client.market.agreements())
        due = [each for each in client.market.invoices() if each.state == "issued"]

    def render() -> None:
        show_agreements(found)
        for each in due:
            sum_ = money(each.total, each.currency)
            page = f"{client.server}/en/exchange/invoices/{each.number}/"
            tell("market_due", invoice=each.number, sum=sum_, page=page)

    value = {"agreements": [dict(each.raw) for each in found], "due": [dict(each.raw) for each in due]}
    show(value, as_json, render)
