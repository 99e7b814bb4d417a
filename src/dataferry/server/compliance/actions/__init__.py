"""What changes something in compliance; each function owns one change of state."""
