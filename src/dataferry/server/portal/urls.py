"""Every address of the site. Pages carry their language; files, health and the admin's desk do not."""

from django.conf.urls.i18n import i18n_patterns
from django.contrib import admin
from django.urls import include, path

from dataferry.server.portal import api, api_pages, issuer_pages, metrics, pages

handler400 = pages.bad_request
handler403 = pages.forbidden
handler404 = pages.not_found
handler500 = pages.server_error


urlpatterns = [
    path("healthz", pages.healthz, name="healthz"),
    path("readyz", pages.readyz, name="readyz"),
    path("metrics", metrics.metrics, name="metrics"),
    path("robots.txt", pages.robots, name="robots"),
    path("favicon.ico", pages.favicon, name="favicon"),
    path("issuer.json", issuer_pages.issuer, name="issuer"),
    path("challenge/", include("dataferry.server.challenge.urls_credentials")),
    path("files/", include("dataferry.server.workshop.urls_files")),
    path("uploads/", include("dataferry.server.uploads.urls")),
    path("exchange/", include("dataferry.server.exchange.urls_credentials")),
    path("delta-sharing/", include("dataferry.server.delivery.urls_sharing")),
    path("delivery/", include("dataferry.server.delivery.urls_files")),
    path("admin/", admin.site.urls),
    path("api/v1/openapi.json", api.openapi, name="openapi"),
    path("api/v1/docs", api_pages.docs, name="api-docs"),
    path("api/v1/", api.api.urls),
    *i18n_patterns(
        path("", pages.home, name="home"),
        path("api/", api_pages.reference, name="api-reference"),
        path("account/", include("dataferry.server.people.urls")),
        path("datasets/", include("dataferry.server.catalogue.urls")),
        path("products/", include("dataferry.server.workshop.urls")),
        path("operations/", include("dataferry.server.portal.urls_operations")),
        path("workshop/", include("dataferry.server.workshop.urls_drafts")),
        path("challenge/", include("dataferry.server.challenge.urls")),
        path("merchants/", include("dataferry.server.merchants.urls")),
        path("compliance/", include("dataferry.server.compliance.urls")),
        path("exchange/", include("dataferry.server.exchange.urls")),
        path("delivery/", include("dataferry.server.delivery.urls")),
    ),
]
# `/` has no language yet: LocaleMiddleware sends visitors on by what their browser asks for.
