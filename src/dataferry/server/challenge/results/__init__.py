"""From signed sheets to a result, as pure functions of what the journal holds: computed once, replayed for ever.

inputs.py    what a result is computed from, in canonical form
computing.py inputs -> the document of the result (the same bytes for the same inputs)
placing.py   finalists, reserves and awards from a ranking
events.py    the journal's events -> inputs, as they stood when a result was computed
"""
