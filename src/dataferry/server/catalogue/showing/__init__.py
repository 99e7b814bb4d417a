"""What the pages of a dataset show: its rows, places, columns, history, evidence, and how to use it."""
