"""From cells to typed columns: dates, numbers, marks, flags, bounds, names; a value is never lost on the way."""
