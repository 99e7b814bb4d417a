"""Is it private? Identifiers of the two cities, decided per column; anonymity; steps that make a table less personal."""
