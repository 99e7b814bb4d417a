"""How to load what was bought: short programs with true addresses, ready to copy."""

from __future__ import annotations

from dataclasses import dataclass

from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _

from dataferry.server.delivery.answering import input_names
from dataferry.server.delivery.gate import Door, doors_of
from dataferry.server.delivery.models import Entitlement
from dataferry.server.delivery.versions import SCHEMA, table_of

SHARING = "/delta-sharing/"


@dataclass(frozen=True)
class Loader:
    """One way to load the data: the tool, the text to copy, and what to know first."""

    tool: str
    code: str
    note: str = ""


def endpoint(request: HttpRequest) -> str:
    """The address of the Delta Sharing server, as profile files name it."""
    return request.build_absolute_uri(SHARING).rstrip("/")


def profile_name(entitlement: Entitlement) -> str:
    """What the profile file is called."""
    return f"{entitlement.share}.share"


def loaders(request: HttpRequest, entitlement: Entitlement, kinds: list[str]) -> list[Loader]:
    """Programs for the doors that are open for this entitlement.

    Args:
        kinds: what the table can be downloaded as.
    """
    doors = doors_of(entitlement.agreement.listing)
    found = []
    if Door.SHARE in doors:
        found += _sharing(entitlement)
    if Door.FILES in doors:
        found += _files(request, entitlement, kinds)
    if Door.ROWS in doors:
        address = request.build_absolute_uri(reverse("delivery-rows", args=[entitlement.share]))
        code = f'curl -fG -H "Authorization: Bearer $DATAFERRY_KEY" "{address}" \\\n  -d limit=5'
        found.append(Loader(_("Rows"), code, _("JSON, page by page; put the key into the variable first:")))
    if Door.ANSWERS in doors:
        address = request.build_absolute_uri(reverse("delivery-answers", args=[entitlement.share]))
        column = next(iter(input_names(entitlement.agreement.listing)), "city")
        code = (
            f'curl -fG -H "Authorization: Bearer $DATAFERRY_KEY" "{address}" \\\n'
            f'  --data-urlencode "by={column}" --data-urlencode "measures=count"'
        )
        found.append(
            Loader(_("Answers to questions"), code, _("Figures of groups; put the key into the variable first:"))
        )
    return found


def _sharing(entitlement: Entitlement) -> list[Loader]:
    table = f"{profile_name(entitlement)}#{entitlement.share}.{SCHEMA}.{table_of(entitlement)}"
    pandas = f'import delta_sharing\n\ntable = delta_sharing.load_as_pandas("{table}")'
    spark = f'table = spark.read.format("deltaSharing").load("{table}")'
    return [
        Loader("pandas", pandas, _("Install delta-sharing and put the profile file beside the program:")),
        Loader("Spark", spark, _("Start Spark with the package io.delta:delta-sharing-spark of your version:")),
    ]


def _files(request: HttpRequest, entitlement: Entitlement, kinds: list[str]) -> list[Loader]:
    def address(kind: str) -> str:
        return request.build_absolute_uri(reverse("delivery-download", args=[entitlement.share, kind]))

    fetch = 'curl -fL -H "Authorization: Bearer $DATAFERRY_KEY" -o {name} "{address}"'
    curl = fetch.format(name="data.parquet", address=address("parquet"))
    r = (
        'key <- Sys.getenv("DATAFERRY_KEY")\n'
        f'download.file("{address("parquet")}", "data.parquet", mode = "wb",\n'
        '  headers = c(Authorization = paste("Bearer", key)))\n'
        'table <- arrow::read_parquet("data.parquet")'
    )
    found = [
        Loader("curl", curl, _("Put the key into the variable DATAFERRY_KEY first:")),
        Loader("R", r, _("With the package arrow, and the key in the variable DATAFERRY_KEY:")),
    ]
    if "fgb" in kinds:
        code = fetch.format(name="data.fgb", address=address("fgb")) + "\nqgis data.fgb"
        found.append(Loader("QGIS", code, _("Fetch the FlatGeobuf file, then open it as a vector layer:")))
    return found
