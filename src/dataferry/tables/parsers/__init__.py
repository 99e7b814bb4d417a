"""From bytes to rows: delimited text, workbooks, JSON documents, XML records."""
