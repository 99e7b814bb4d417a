"""The Python client of a Dataferry server: what the command line and notebooks use."""
