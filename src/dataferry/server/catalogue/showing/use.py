"""How to use a snapshot: short programs with true addresses, ready to copy."""

from __future__ import annotations

from dataclasses import dataclass

from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _

from dataferry.server.catalogue.models import Snapshot


@dataclass(frozen=True)
class Loader:
    """One way to load the data: the tool, a note, and the text to copy."""

    tool: str
    code: str
    note: str = ""


def addresses(request: HttpRequest, slug: str, snapshot: Snapshot) -> dict[str, str]:
    """Where the received bytes and the table are, by digest: what they answer never changes."""
    about = reverse("api:get_snapshot_of_dataset", args=[slug, snapshot.sha256])
    return {name: request.build_absolute_uri(f"{about}/{part}") for name, part in (("raw", "file"), ("table", "table"))}


def loaders(request: HttpRequest, slug: str, snapshot: Snapshot, *, public: bool) -> list[Loader]:
    """pandas, R, QGIS and curl. Programs have no session, so a dataset that is not public asks them for a token."""
    found = addresses(request, slug, snapshot)
    table, raw, file = found["table"], found["raw"], f"{slug}-{snapshot.short}.parquet"
    token = "" if public else ' -H "Authorization: Bearer $DATAFERRY_TOKEN"'
    fetch = f'curl -fo {file}{token} "{table}"\necho "{snapshot.table_sha256}  {file}" | sha256sum -c'
    note = _("Fetches the table and checks that it arrived whole:")
    if not public:
        note = _("Not public: put one of your access tokens into DATAFERRY_TOKEN first. Fetches and checks the table:")
    after = _("After fetching it with curl:")
    if snapshot.has_geometry:
        python = f'import geopandas as gpd\n\ntable = gpd.read_parquet("{file}")'
        map_note = _("Fetch the table with curl as above, then drag this file onto the map (needs GDAL with Parquet):")
    else:
        python = f'import pandas as pd\n\ntable = pd.read_parquet("{table if public else file}")'
        map_note = _("Fetch the table with curl as above, then drag this file into the list of layers:")
    direct = public and not snapshot.has_geometry
    r = f'library(arrow)\n\ntable <- read_parquet("{file}")'
    return [
        Loader("curl", fetch, note),
        Loader("pandas", python, "" if direct else after),
        Loader("R", r, after),
        Loader("QGIS", file, map_note),
        Loader(_("As received"), f'curl -fOJ{token} "{raw}"', _("The very bytes that were received:")),
    ]
