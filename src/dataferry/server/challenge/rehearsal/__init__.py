"""A dry run: an edition played from registration to nomination with synthetic teams, through the room's own actions.

It runs in a throw-away house (`dataferry challenge rehearse`), so that nobody synthetic ever stands beside real people.

    cast.py    synthetic people, teams and what they are worth
    acts.py    the acts of each phase, in order
    playing.py the play: a clock that goes from phase to phase, a report of every step
"""
