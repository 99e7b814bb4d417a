"""Every act on a case, by the side that does it: supplier, machine, assessor, officer."""

from dataferry.server.compliance.actions.answering import add_evidence, answer_item
from dataferry.server.compliance.actions.assessing import assess, find_clear_items, find_item, request_evidence
from dataferry.server.compliance.actions.deciding import decide_case, end_clearance
from dataferry.server.compliance.actions.gathering import gather_again
from dataferry.server.compliance.actions.opening import open_case, submit_case, withdraw_case

__all__ = [
    "add_evidence",
    "answer_item",
    "assess",
    "decide_case",
    "end_clearance",
    "find_clear_items",
    "find_item",
    "gather_again",
    "open_case",
    "request_evidence",
    "submit_case",
    "withdraw_case",
]
