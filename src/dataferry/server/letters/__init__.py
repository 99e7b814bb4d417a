"""Letters: mail in three languages, from templates, kept as rows until it is sent: none lost, none twice."""
