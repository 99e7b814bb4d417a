"""Pages of delivery."""

from django.urls import path

from dataferry.server.delivery.pages import asking, desk, entitlements

urlpatterns = [
    path("", entitlements.mine, name="delivery-mine"),
    path("desk/", desk.desk, name="delivery-desk"),
    path("<slug:number>/", entitlements.entitlement, name="delivery-entitlement"),
    path("<slug:number>/usage/", entitlements.usage, name="delivery-usage"),
    path("<slug:number>/ask/", asking.ask, name="delivery-ask"),
    path("<slug:number>/profile", entitlements.profile, name="delivery-profile"),
    path("<slug:number>/stop", entitlements.stop, name="delivery-stop"),
    path("<slug:number>/make-again", desk.make_again, name="delivery-make-again"),
    path("<slug:number>/keys/<int:key>/rotate", entitlements.rotate, name="delivery-key-rotate"),
    path("<slug:number>/keys/<int:key>/revoke", entitlements.revoke_key, name="delivery-key-revoke"),
    path("<slug:number>/download/<slug:kind>", entitlements.download, name="delivery-fetch"),
    path("<slug:number>/notices/<int:notice>.json", entitlements.notice, name="delivery-notice"),
]
