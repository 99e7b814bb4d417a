"""Every change of state of this room: one function owns each; pages and the API call it."""

from dataferry.server.people.actions.accounts import change_profile, delete_account
from dataferry.server.people.actions.organisations import (
    accept_invitation,
    change_organisation,
    close_organisation,
    create_organisation,
    decline_invitation,
    invite,
    leave_organisation,
    remove_member,
    set_manager,
    verify_organisation,
    withdraw_invitation,
)
from dataferry.server.people.actions.roles import grant_role, revoke_role
from dataferry.server.people.actions.tokens import issue_token, revoke_token

__all__ = [
    "accept_invitation",
    "change_organisation",
    "change_profile",
    "close_organisation",
    "create_organisation",
    "decline_invitation",
    "delete_account",
    "grant_role",
    "invite",
    "issue_token",
    "leave_organisation",
    "remove_member",
    "revoke_role",
    "revoke_token",
    "set_manager",
    "verify_organisation",
    "withdraw_invitation",
]
