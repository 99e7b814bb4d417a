"""Every change of state of the challenge. One function owns each; pages, API, jobs and commands call it."""
