"""What the exchange tells: reads only, nothing here changes a row."""
