"""What delivery reads."""
