"""Datasets, their files and snapshots: upload, search, preview, history."""
