"""Delivery: entitlements, shares, meters; nothing leaves that no agreement in force covers."""
