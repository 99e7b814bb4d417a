"""Background work: rows with a lease, attempts and a sweeper; nothing is running for ever."""
