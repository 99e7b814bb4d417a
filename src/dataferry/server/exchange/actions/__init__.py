"""Every change of state of the exchange, one module per theme."""
