"""Who looks after letters: who operates the house."""

from __future__ import annotations

import rules

from dataferry.server import people
from dataferry.server.people.predicates import has_role, is_administrator

OPERATE = "letters.operate"
rules.add_perm(OPERATE, is_administrator | has_role(people.Role.EXCHANGE_OPERATOR) | has_role(people.Role.ORGANISER))
