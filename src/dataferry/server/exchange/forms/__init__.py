"""Forms of the exchange: what fields look like; the actions decide what is right."""
