"""Signing in with an e-mail address or, for the first account, with its name."""

from __future__ import annotations

from allauth.account.auth_backends import AuthenticationBackend


class NameOrEmail(AuthenticationBackend):
    """allauth's backend, under a name of ours: sessions of release 0.1.0, which name Django's, end once."""
