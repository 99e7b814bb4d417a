"""Pages of compliance: cases and clearances, the border."""
