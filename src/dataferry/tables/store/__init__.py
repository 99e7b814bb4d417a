"""Snapshots: bytes kept under their sha256, and the readings of them."""
