"""Background work of the challenge, one module per theme; loading one registers what does its jobs."""

from dataferry.server.challenge.jobs import artefacts, campaigns, grants, rehearsals, teams

__all__ = ["artefacts", "campaigns", "grants", "rehearsals", "teams"]
