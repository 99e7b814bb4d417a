"""Pages of the exchange, one module per theme."""
