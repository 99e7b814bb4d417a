"""Who may do what in the workshop. What a person may not even see is missing for them: see `queries`."""

from __future__ import annotations

from typing import Any

import rules

from dataferry.server.people import predicates


@rules.predicate
def owns(user: Any, thing: Any = None) -> bool:
    """The owner of a draft or of a product."""
    return thing is not None and user.pk is not None and thing.owner_id == user.pk


@rules.predicate
def is_shared_with(user: Any, draft: Any = None) -> bool:
    return draft is not None and any(share.user_id == user.pk for share in draft.shares.all())


@rules.predicate
def may_edit(user: Any, draft: Any = None) -> bool:
    """A person the draft is shared with for editing."""
    return draft is not None and any(share.user_id == user.pk and share.may_edit for share in draft.shares.all())


@rules.predicate
def asked_for(user: Any, build: Any = None) -> bool:
    return build is not None and build.job is not None and user.pk is not None and build.job.asked_by == user.pk


@rules.predicate
def edits_draft_of(user: Any, build: Any = None) -> bool:
    draft = None if build is None else build.draft
    return draft is not None and bool(owns(user, draft) or may_edit(user, draft))


is_member = predicates.is_member
rules.add_perm("workshop.open_draft", is_member)
rules.add_perm("workshop.see_draft", predicates.is_signed_in & (owns | is_shared_with))
rules.add_perm("workshop.change_draft", is_member & (owns | may_edit))
rules.add_perm("workshop.try_draft", is_member & (owns | is_shared_with))
rules.add_perm("workshop.build_draft", is_member & (owns | may_edit))
rules.add_perm("workshop.share_draft", is_member & owns)
rules.add_perm("workshop.remove_draft", is_member & owns)
rules.add_perm("workshop.cancel_build", is_member & (asked_for | edits_draft_of | predicates.is_administrator))
rules.add_perm("workshop.publish_release", is_member & owns)
