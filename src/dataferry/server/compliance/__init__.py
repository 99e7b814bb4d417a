"""Clearance: is a release lawful, private and allowed across the border? Evidence, findings, signed decisions."""
