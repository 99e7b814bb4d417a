"""The workshop: products, their builds and their immutable releases, and the pages that show them."""
