"""A download as an act: looked at by the gate, counted, and answered by an address that carries its own grant."""

from __future__ import annotations

from dataclasses import dataclass

from dataferry.server.delivery import grants, metering
from dataferry.server.delivery.actions.first_delivery import before_leaving
from dataferry.server.delivery.exports import export
from dataferry.server.delivery.gate import Admission
from dataferry.server.delivery.grants import Address
from dataferry.server.delivery.models import ServedExport
from dataferry.server.delivery.serving import served_table


@dataclass(frozen=True)
class Download:
    """A file and the address where it lies for some hours; `rows` is how many it holds."""

    made: ServedExport
    address: Address
    rows: int

    @property
    def name(self) -> str:
        """What the file is called for people."""
        return grants.file_name(self.made, 0)


def download(admission: Admission, kind: str, given: str = "") -> Download:
    """Count the download, and say where the file lies.

    Args:
        kind: parquet, csv, geojson or fgb.
        given: value of the `Idempotency-Key` header.

    Raises:
        MissingError: no such format. UnavailableError: it is being prepared. RefusedError: the day's caps, the border.
    """
    served = served_table(admission.release, admission.cut)
    made = export(served, kind)
    before_leaving(admission)
    key = metering.request_key(admission, {"download": kind}, given)
    metering.record(admission, key, "download", rows=served.rows, bytes=int(made.file["bytes"]))
    return Download(made, grants.address_of(admission, made), served.rows)
