"""Addresses of the account pages: ours, and allauth's for signing in and its security."""

from django.urls import include, path

from dataferry.server.people.pages import account, administration, organisations, tokens

urlpatterns = [
    path("", account.overview, name="account_overview"),
    path("profile/", account.profile, name="account_profile"),
    path("data/", account.data, name="account_data"),
    path("delete/", account.delete, name="account_delete"),
    path("tokens/", tokens.tokens, name="account_tokens"),
    path("tokens/<int:number>/revoke/", tokens.revoke, name="account_token_revoke"),
    path("organisations/", organisations.organisations, name="account_organisations"),
    path("organisations/<slug:slug>/", organisations.organisation, name="account_organisation"),
    path("invitations/<int:number>/", organisations.answer, name="account_invitation"),
    path("administration/roles/", administration.roles, name="account_roles"),
    path("administration/roles/<int:number>/revoke/", administration.revoke, name="account_role_revoke"),
    path("administration/organisations/", administration.organisations, name="account_all_organisations"),
    path("administration/organisations/<slug:slug>/", administration.verify, name="account_verify_organisation"),
    path("", include("allauth.account.urls")),
    path("2fa/", include("allauth.mfa.urls")),
    path("sessions/", include("allauth.usersessions.urls")),
]
