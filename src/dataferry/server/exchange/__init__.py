"""The exchange: registration, listing, offers, agreements, money."""
