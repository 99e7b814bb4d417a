"""Every address below /compliance/."""

from django.urls import include, path

urlpatterns = [
    path("", include("dataferry.server.compliance.urls_cases")),
    path("", include("dataferry.server.compliance.urls_border")),
]
