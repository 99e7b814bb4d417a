"""What can be asked of compliance."""
