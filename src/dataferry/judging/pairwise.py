"""A pairwise round: judges say which of two entries is better, and Bradley-Terry makes an order of it."""
