"""The register: public entries and notices, objections, what suppliers and registrars do."""

from django.urls import path

from dataferry.server.exchange.pages import certificates, papers, registration_acts, registrations

urlpatterns = [
    path("registrations/", registrations.register, name="exchange-registrations"),
    path("registrations/new/", registration_acts.new, name="exchange-registration-new"),
    path("registrations/<slug:number>/", registrations.registration, name="exchange-registration"),
    path("registrations/<slug:number>/edit/", registration_acts.edit, name="exchange-registration-edit"),
    path("registrations/<slug:number>/object/", registration_acts.object_to, name="exchange-objection-new"),
    path("notices/", registrations.notices, name="exchange-notices"),
    path("papers/<int:number>/", papers.paper, name="exchange-paper"),
    path("certificates/<slug:serial>/verify/", certificates.certificate, name="exchange-certificate"),
    path("certificates/<slug:serial>/credential.json", certificates.credential, name="exchange-credential"),
    path("certificates/<slug:serial>/<str:tag>.pdf", certificates.pdf, name="exchange-certificate-pdf"),
]
