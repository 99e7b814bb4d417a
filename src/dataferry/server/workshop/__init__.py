"""The workshop: products from the first draft to the published release, and the pages that show them.

A room above calls `workshop.actions` to change something and `workshop.queries` to ask; `workshop.checks.check_draft`,
`workshop.trials.preview_draft` and `explain_draft` say what a draft would do, `workshop.compare.compare_releases` what
changed. They are imported from there: models cannot be loaded before Django has started.
"""
