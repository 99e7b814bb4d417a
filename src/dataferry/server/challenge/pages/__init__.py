"""The pages of the challenge."""
