"""Accounts, organisations, roles and API tokens.

    people.require(user, "catalogue.change_dataset", dataset)   # or RefusedError, SignInNeeded
    people.can(user, "catalogue.change_dataset", dataset)       # yes or no
    people.actor(user)                                          # "person:12", for the journal
    people.signed_in(page)                                      # a page for signed-in people

    people.register_personal_data("workshop", export, erase)    # a room's part of the export and end of an account

Endpoints of the API take `auth=anyone` or `auth=member("write")` from `people.authentication`.
"""

from dataferry.server.people.permissions import SignInNeeded, actor, can, require, signed_in
from dataferry.server.people.personal_data import register_personal_data
from dataferry.server.people.roles import City, Role, Scope

__all__ = ["City", "Role", "Scope", "SignInNeeded", "actor", "can", "register_personal_data", "require", "signed_in"]
