"""Where papers of registrations and listings lie."""

from __future__ import annotations

from dataferry.server.uploads import KeptFiles

PAPERS = KeptFiles("exchange", "papers")
