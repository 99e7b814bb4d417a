"""Judging statistics: who judges what, what the scores say, and in which order: pure functions, no state."""
