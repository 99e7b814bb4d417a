"""Verifiable credentials: W3C VC 2.0, signed with Ed25519 by Data Integrity `eddsa-jcs-2022`, with status lists.

Canonical JSON is RFC 8785 through the library rfc8785. The journal keeps a writer of its own for the few kinds of
values that it allows; for those both give the same text (a test compares).
"""

from dataferry.server.papers.credentials.files import read_json, read_keys
from dataferry.server.papers.credentials.issuing import issue, issue_status_list
from dataferry.server.papers.credentials.keys import Issuer, controller_document, multikey, read_multikey
from dataferry.server.papers.credentials.status_lists import SMALLEST, Purpose, StatusList, status_entry
from dataferry.server.papers.credentials.verifying import verify

__all__ = [
    "SMALLEST",
    "Issuer",
    "Purpose",
    "StatusList",
    "controller_document",
    "issue",
    "issue_status_list",
    "multikey",
    "read_json",
    "read_keys",
    "read_multikey",
    "status_entry",
    "verify",
]
