"""Background work of the challenge, one module per theme; loading one registers what does its jobs."""

from dataferry.server.challenge.jobs import artefacts, grants, teams

__all__ = ["artefacts", "grants", "teams"]
