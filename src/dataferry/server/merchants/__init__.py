"""The parties of the market: data merchants in their classes, verified, and their directory."""
