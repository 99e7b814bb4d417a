"""Pages of merchants: the public directory, an organisation's own side, the operator's desk."""
