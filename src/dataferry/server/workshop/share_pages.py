"""Who else sees a draft, and the end of a draft."""

from __future__ import annotations

import contextlib

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from dataferry.messages import DataferryError, MissingError
from dataferry.server import people
from dataferry.server.people.queries import display_name, display_names
from dataferry.server.web.problems import ConflictError
from dataferry.server.workshop import actions, draft_view, queries
from dataferry.server.workshop.draft_errors import draft_page, tell
from dataferry.server.workshop.forms import ShareForm
from dataferry.server.workshop.models import Draft


@draft_page
@require_http_methods(["GET", "HEAD", "POST"])
def share(request: HttpRequest, slug: str) -> HttpResponse:
    """The people who see a draft; posted with `act`: add or remove."""
    draft = queries.draft_of(request.user, slug)
    if request.method != "POST":
        return _page(request, draft, ShareForm())
    if request.POST.get("act") == "remove":
        return _remove(request, draft)
    people.require(request.user, "workshop.share_draft", draft)
    form = ShareForm(request.POST)
    if not form.is_valid():
        return _page(request, draft, form, status=422)
    _add(request, draft, form.cleaned_data["email"], may_edit=form.cleaned_data["right"] == "edit")
    return redirect("draft-share", slug=slug)


def _add(request: HttpRequest, draft: Draft, email: str, *, may_edit: bool) -> None:
    """Share, and answer the same whether the address is a member's or not."""
    try:
        actions.share_draft(request.user, draft, email, may_edit)
    except MissingError:
        pass
    except ConflictError as error:
        # Their own address: they know that it is a member's.
        return tell(request, error)
    except DataferryError as error:
        return tell(request, error)
    told = _("If a member uses this address, the draft is shared with them now. Tell them: we send no message.")
    messages.success(request, told)
    return None


def _remove(request: HttpRequest, draft: Draft) -> HttpResponse:
    text = request.POST.get("share", "")
    number = int(text) if text.isascii() and text.isdecimal() and len(text) < 18 else 0
    # Where it was taken back already, that is what was wanted.
    with contextlib.suppress(MissingError):
        actions.unshare_draft(request.user, draft, number)
    messages.success(request, _("The draft is no longer shared with this person."))
    if queries.visible_drafts(request.user).filter(pk=draft.pk).exists():
        return redirect("draft-share", slug=draft.slug)
    return redirect("drafts")


def _page(request: HttpRequest, draft: Draft, form: ShareForm, status: int = 200) -> HttpResponse:
    shares = list(draft.shares.all())
    named = display_names([draft.owner_id, *(each.user_id for each in shares)])
    own = request.user.pk
    context = {
        **draft_view.frame(request, draft, "sharing"),
        "owner_name": display_name(request.user) if draft.owner_id == own else named[draft.owner_id],
        "shares": [
            {
                "pk": each.pk,
                "name": named[each.user_id],
                "right": _("may edit and build") if each.may_edit else _("may view and try"),
                "may_remove": own in (draft.owner_id, each.user_id),
            }
            for each in shares
        ],
        "form": form,
    }
    return render(request, "workshop/draft_share.html", context, status=status)


@draft_page
@require_POST
def remove(request: HttpRequest, slug: str) -> HttpResponse:
    """Remove a draft for good."""
    draft = queries.draft_of(request.user, slug)
    try:
        actions.remove_draft(request.user, draft)
    except ConflictError as error:
        tell(request, error)
        return redirect("draft-share", slug=slug)
    messages.success(request, _("The draft is removed."))
    return redirect("drafts")
