"""What goes over the wire to other people's tools: Delta Sharing, ODRL."""
