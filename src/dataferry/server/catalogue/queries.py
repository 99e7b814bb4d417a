"""Every question that pages, API and other rooms ask of the catalogue. A person gets what they may see, nothing else.

found = search(user, "充電", {"city": "shanghai"}, after=found.after)   # found.hits, found.near, found.after
counts = facet_counts(user, "充電", {"city": "shanghai"})              # counts.total, counts.facets["format"]
"""

from dataferry.server.catalogue.dataset_queries import (
    dataset_of,
    may_download,
    newest_snapshots,
    own_datasets,
    snapshot_by_digest,
    snapshot_of,
    snapshots_of,
    upload_of,
    uploads_of,
    visible_datasets,
)
from dataferry.server.catalogue.facets import Counts, facet_counts
from dataferry.server.catalogue.questions import UPDATED, Position, Question, question_of
from dataferry.server.catalogue.search import Found, Hit, cursor_of, position_of, search
from dataferry.server.catalogue.search_marks import FACETS

__all__ = [
    "FACETS",
    "UPDATED",
    "Counts",
    "Found",
    "Hit",
    "Position",
    "Question",
    "cursor_of",
    "dataset_of",
    "facet_counts",
    "may_download",
    "newest_snapshots",
    "own_datasets",
    "position_of",
    "question_of",
    "search",
    "snapshot_by_digest",
    "snapshot_of",
    "snapshots_of",
    "upload_of",
    "uploads_of",
    "visible_datasets",
]
