"""May it cross? Dated rules as data, and the decision they compute."""
