"""The one clock of the challenge. Every act that depends on the time asks here."""

from dataferry.server.journal.clock import now, standing_at

__all__ = ["now", "standing_at"]
