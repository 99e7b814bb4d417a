"""Where allauth asks the site: names of accounts, the first account without e-mail, secrets at rest."""

from __future__ import annotations

import base64
import hashlib
import uuid
from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.stages import EmailVerificationStage
from allauth.mfa.adapter import DefaultMFAAdapter
from cryptography.fernet import Fernet, MultiFernet
from django.conf import settings
from django.contrib.auth.models import User
from django.http import HttpRequest

from dataferry.server.people.queries import display_name


class AccountAdapter(DefaultAccountAdapter):
    """Accounts are known by their e-mail address; the user name is random and shown nowhere."""

    def populate_username(self, request: HttpRequest, user: User) -> None:
        user.username = user.username or f"person-{uuid.uuid4().hex}"

    def get_login_stages(self) -> list[str]:
        ours = f"{VerifyUnlessFirst.__module__}.{VerifyUnlessFirst.__qualname__}"
        theirs = f"{EmailVerificationStage.__module__}.{EmailVerificationStage.__qualname__}"
        return [ours if stage == theirs else stage for stage in super().get_login_stages()]

    def get_user_search_fields(self) -> list[str]:
        return ["email"]


class VerifyUnlessFirst(EmailVerificationStage):
    """The first account is made on the machine itself and has no address that could be verified."""

    def handle(self) -> Any:
        user = self.login.user
        if user is not None and user.is_superuser and not user.email and not user.emailaddress_set.exists():
            return None, True
        return super().handle()


class MfaAdapter(DefaultMFAAdapter):
    """Secrets of authenticator apps are kept encrypted under the site's key: a copy of the database is not enough."""

    def encrypt(self, text: str) -> str:
        return _locks().encrypt(text.encode()).decode()

    def decrypt(self, encrypted_text: str) -> str:
        return _locks().decrypt(encrypted_text.encode()).decode()

    def get_public_key_credential_user_entity(self, user: User) -> dict[str, Any]:
        return {**super().get_public_key_credential_user_entity(user), "display_name": display_name(user)}


def _locks() -> MultiFernet:
    """The site's key first; former keys still open what they closed."""
    keys = [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]
    digests = (hashlib.sha256(b"people.mfa:" + str(key).encode()).digest() for key in keys)
    return MultiFernet([Fernet(base64.urlsafe_b64encode(digest)) for digest in digests])
