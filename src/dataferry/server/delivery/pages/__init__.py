"""The pages and doors of delivery."""
