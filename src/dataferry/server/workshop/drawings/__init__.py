"""Drawings of a release, computed on the server: they need no script, follow the strict policy, and print."""
