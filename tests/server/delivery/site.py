"""The site with the machine doors of delivery."""

from django.urls import include, path

from dataferry.server.portal import urls

urlpatterns = [
    path("delta-sharing/", include("dataferry.server.delivery.urls_sharing")),
    path("delivery/", include("dataferry.server.delivery.urls_files")),
    *urls.urlpatterns,
]
