"""Background work of the exchange, one module per theme; loading one registers what does its jobs."""

from dataferry.server.exchange.jobs import registrations, trade

__all__ = ["registrations", "trade"]
