"""Every change of a merchant's state: the application, the operator's checks, the standing in the market."""

from dataferry.server.merchants.actions.applications import (
    add_paper,
    apply,
    apply_again,
    change_application,
    remove_paper,
)
from dataferry.server.merchants.actions.checking import check_facts, refuse, return_application, verify
from dataferry.server.merchants.actions.classes import ask_classes, grant_classes, refuse_classes, withdraw_classes
from dataferry.server.merchants.actions.standing import (
    activate,
    change_profile,
    leave,
    reinstate,
    sign_rules,
    suspend,
)

__all__ = [
    "activate",
    "add_paper",
    "apply",
    "apply_again",
    "ask_classes",
    "change_application",
    "change_profile",
    "check_facts",
    "grant_classes",
    "leave",
    "refuse",
    "refuse_classes",
    "reinstate",
    "remove_paper",
    "return_application",
    "sign_rules",
    "suspend",
    "verify",
    "withdraw_classes",
]
