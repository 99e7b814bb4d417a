"""allauth's forms with the site's own labels, and without examples inside the fields."""

from __future__ import annotations

from typing import Any

from allauth.account import forms as account
from allauth.mfa.webauthn import forms as webauthn
from django import forms
from django.utils.translation import gettext_lazy as _

from dataferry.server.people.forms import NO_ADDRESS

LABELS = {
    "login": _("E-mail address"),
    "email": _("E-mail address"),
    "name": _("Name"),
}
# Their help would be a second link to the page for a new password, which stands beside the button.
WITHOUT_HELP = frozenset({"password", "oldpassword"})


class Labelled(forms.Form):
    """Gives fields the site's labels. First among the bases, so that it runs after allauth made the fields."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, field in self.fields.items():
            field.widget.attrs.pop("placeholder", None)
            field.label = LABELS.get(name, field.label)
            if isinstance(field, forms.EmailField):
                field.error_messages["invalid"] = NO_ADDRESS
            if name in WITHOUT_HELP:
                field.help_text = ""


class LoginForm(Labelled, account.LoginForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["login"].widget.attrs.update(autocomplete="username", autocapitalize="none", spellcheck="false")


class SignupForm(Labelled, account.SignupForm):
    pass


class AddEmailForm(Labelled, account.AddEmailForm):
    pass


class ResetPasswordForm(Labelled, account.ResetPasswordForm):
    pass


class ResetPasswordKeyForm(Labelled, account.ResetPasswordKeyForm):
    pass


class ChangePasswordForm(Labelled, account.ChangePasswordForm):
    pass


class SetPasswordForm(Labelled, account.SetPasswordForm):
    pass


class ReauthenticateForm(Labelled, account.ReauthenticateForm):
    pass


class AddPasskeyForm(Labelled, webauthn.AddWebAuthnForm):
    name = forms.CharField(required=False, max_length=80)
    field_order = ("name", "passwordless", "credential")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["passwordless"].label = _("Also sign in without a password")
        self.fields["passwordless"].help_text = _("The device then asks for a fingerprint, face or PIN each time.")


class EditPasskeyForm(Labelled, webauthn.EditWebAuthnForm):
    name = forms.CharField(max_length=80)
