"""The list of tradable products: the marketplace, each product's page and sheet, what suppliers and operators do."""

from django.urls import path

from dataferry.server.exchange.pages import desk, listing_acts, listings, market, sheets

urlpatterns = [
    path("", market.market, name="exchange-listings"),
    path("mine/", desk.mine, name="exchange-mine"),
    path("desk/", desk.desk, name="exchange-desk"),
    path("listings/new/<slug:number>/", listing_acts.new, name="exchange-listing-new"),
    path("listings/<slug:number>/", listings.listing, name="exchange-listing"),
    path("listings/<slug:number>/edit/", listing_acts.edit, name="exchange-listing-edit"),
    path("listings/<slug:number>/sheet/", sheets.sheet, name="exchange-sheet"),
    path("listings/<slug:number>/sheet/<str:tag>.pdf", sheets.pdf, name="exchange-sheet-pdf"),
    path("listings/<slug:number>/sheet.json", sheets.as_json, name="exchange-sheet-json"),
]
