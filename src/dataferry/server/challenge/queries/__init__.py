"""What can be asked of the challenge. What a person may not see is missing for them."""
