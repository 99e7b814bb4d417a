"""The challenge: editions, divisions, teams, entries, judging and results."""
