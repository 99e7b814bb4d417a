"""The forms of the challenge."""
