"""Are the triggers that refuse changes still there?"""

from __future__ import annotations

from django.db import connection

_WANTED = {"journal_event": 2, "journal_anchor": 2, "journal_chain": 2}


def tables_without_triggers() -> list[str]:
    """The journal's tables that have fewer working triggers than the migrations gave them."""
    if connection.vendor == "postgresql":
        query = """SELECT c.relname, count(*) FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid
            WHERE c.oid = ANY (ARRAY['journal_event', 'journal_anchor', 'journal_chain']::regclass[])
            AND t.tgenabled IN ('O', 'A') AND NOT t.tgisinternal GROUP BY c.relname"""
    else:
        query = "SELECT tbl_name, count(*) FROM sqlite_master WHERE type = 'trigger' GROUP BY tbl_name"
    with connection.cursor() as cursor:
        cursor.execute(query)
        found = dict(cursor.fetchall())
    wanted = {**_WANTED, "journal_chain": 3} if connection.vendor == "postgresql" else _WANTED
    return [table for table, count in wanted.items() if found.get(table, 0) < count]
