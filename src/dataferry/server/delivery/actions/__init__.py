"""What changes something in delivery; each function owns one change of state."""
