"""Keys for programs."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_variables
from django.views.decorators.http import require_http_methods, require_POST

from dataferry.server.people import actions
from dataferry.server.people.forms import TokenForm
from dataferry.server.people.pages.answers import telling, telling_form
from dataferry.server.people.permissions import can, signed_in, signed_in_person
from dataferry.server.people.queries import own_tokens


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@signed_in
@sensitive_variables()
def tokens(request: HttpRequest) -> HttpResponse:
    """The person's tokens, and a form for a new one. Its secret is on the answer to the form and nowhere else."""
    form = TokenForm(request.POST) if request.method == "POST" else TokenForm()
    issued, secret = None, ""
    if request.method == "POST" and form.is_valid():
        with telling_form(form):
            issued, secret = actions.issue_token(signed_in_person(request), **form.cleaned_data)
    context = {
        "form": TokenForm() if issued else form,
        "issued": issued,
        "secret": secret,
        "tokens": own_tokens(signed_in_person(request)),
        "may_have": can(signed_in_person(request), "people.use_tokens"),
    }
    return render(request, "people/tokens.html", context, status=422 if form.is_bound and issued is None else 200)


@require_POST
@signed_in
def revoke(request: HttpRequest, number: int) -> HttpResponse:
    with telling(request, _("The token is revoked. Programs that use it are refused from now on.")):
        actions.revoke_token(signed_in_person(request), number)
    return redirect("account_tokens")
