"""How to load a release: short programs with true addresses, ready to copy."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _


@dataclass(frozen=True)
class Loader:
    """One way to load the data: the tool, the language of the code (empty for an instruction), the text to copy."""

    tool: str
    code: str
    note: str = ""


def file_address(request: HttpRequest, document: Mapping[str, Any], name: str) -> str:
    return request.build_absolute_uri(reverse("file", args=[document["name"], document["version"], name]))


def loaders(request: HttpRequest, document: Mapping[str, Any]) -> list[Loader]:
    """pandas, R, QGIS and curl, for the files that this release has."""
    files = {file["name"]: file for file in document["files"]}

    def address(name: str) -> str:
        return file_address(request, document, name)

    found = []
    if "data.csv" in files:
        found.append(Loader("pandas", f'import pandas as pd\n\ntable = pd.read_csv("{address("data.csv")}")'))
    if "data.geojson" in files:
        found.append(Loader("R", f'library(sf)\n\nplaces <- st_read("{address("data.geojson")}")'))
        note = _("Layer › Add Layer › Add Vector Layer › Protocol: HTTP(S), then paste this address:")
        found.append(Loader("QGIS", address("data.geojson"), note))
    elif "data.csv" in files:
        found.append(Loader("R", f'table <- read.csv("{address("data.csv")}")'))
        note = _("Layer › Add Layer › Add Delimited Text Layer, then paste this address:")
        found.append(Loader("QGIS", address("data.csv"), note))
    if "data.parquet" in files:
        name, sha256 = "data.parquet", files["data.parquet"]["sha256"]
        code = f'curl -fo {name} "{address(name)}"\necho "{sha256}  {name}" | sha256sum -c'
        found.append(Loader("curl", code, _("Fetches the file and checks that it arrived whole:")))
    return found
