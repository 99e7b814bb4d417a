"""The manners of the web that every door shares: problems, paging, entity tags, ranges, rate limits, guarded fetch."""
