"""How values look on every page: languages, words, evidence strips, marks and scales of drawings."""
