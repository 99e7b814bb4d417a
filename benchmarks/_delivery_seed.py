"""A house with one large table that is bought and ready to be fetched: `python -m benchmarks._delivery_seed ROWS`.

Prints one line of JSON: the address of its table, a token, the served files, and the address of the first of them.
"""

from __future__ import annotations

import hashlib
import json
import sys
from pathlib import Path

import django

django.setup()

import numpy as np  # noqa: E402
import pyarrow as pa  # noqa: E402
import pyarrow.parquet as pq  # noqa: E402
from django.conf import settings  # noqa: E402
from django.core.management import call_command  # noqa: E402

ROWS_AT_ONCE = 500_000
TESTS = Path(__file__).parents[1] / "tests"


def write_table(path: Path, rows: int) -> None:
    """Made-up charging sessions: a key, a city, a station, an instant, energy, a price; two million rows a second."""
    random = np.random.default_rng(5)
    schema = pa.schema(
        [
            ("session", pa.int64()),
            ("city", pa.string()),
            ("station", pa.string()),
            ("at", pa.timestamp("us", "UTC")),
            ("kwh", pa.float64()),
            ("price", pa.int64()),
        ]
    )
    stations = pa.array([f"station-{number:05}" for number in range(5000)])
    cities = pa.array(["hong-kong", "shanghai"])
    with pq.ParquetWriter(path, schema, compression="zstd") as writer:
        for begin in range(0, rows, ROWS_AT_ONCE):
            count = min(ROWS_AT_ONCE, rows - begin)
            instants = 1_767_225_600_000_000 + (begin + np.arange(count)) * 1_000_000
            columns = [
                pa.array(begin + np.arange(count)),
                cities.take(pa.array(random.integers(0, 2, count))),
                stations.take(pa.array(random.integers(0, 5000, count))),
                pa.array(instants).cast(pa.timestamp("us", "UTC")),
                pa.array(np.round(random.gamma(4.0, 6.0, count), 3)),
                pa.array(random.integers(500, 20_000, count)),
            ]
            writer.write_table(pa.Table.from_arrays(columns, schema=schema), row_group_size=131_072)


def main(rows: int) -> None:
    """Migrate, build the table, sell it, serve it."""
    sys.path.insert(0, str(TESTS))
    call_command("migrate", verbosity=0, interactive=False, skip_checks=True)
    from dataferry.products.release import file_sha256
    from dataferry.server import journal
    from dataferry.server.delivery.actions.keys import issue_key
    from dataferry.server.delivery.gate import Door, admit
    from dataferry.server.delivery.grants import address_of
    from dataferry.server.delivery.models import Entitlement
    from dataferry.server.delivery.serving import served_table
    from dataferry.server.delivery.versions import SCHEMA, table_of
    from dataferry.server.workshop.models import Product, Release
    from server import market

    folder = Path("releases/bench/1.0.0")
    (Path(settings.HOME) / folder).mkdir(parents=True)
    table = Path(settings.HOME) / folder / "data.parquet"
    write_table(table, rows)
    file = {"name": table.name, "bytes": table.stat().st_size, "sha256": file_sha256(table)}
    release = Release.objects.create(
        product=Product.objects.create(slug="bench-sessions"),
        version="1.0.0",
        digest=f"sha256:{hashlib.sha256(b'bench').hexdigest()}",
        folder=folder.as_posix(),
        document={"output": {"key": ["session"]}, "files": [file]},
    )
    supplier, buyer = market.make_merchant("hong-kong", "supplier"), market.make_merchant("hong-kong", "buyer")
    offer = market.make_offer(market.make_listed(supplier, release), supplier.manager)
    agreement = market.sign_both(market.make_agreement(offer, buyer), supplier, buyer)
    journal.catch_up()
    entitlement = Entitlement.objects.get(agreement=agreement)
    _key, token = issue_key(buyer.manager, entitlement, ["share", "files", "rows"], 1)
    admission = admit(token, Door.SHARE)
    served = served_table(release, admission.cut, wait=True)
    told = {
        "table": f"{entitlement.share}.{SCHEMA}.{table_of(entitlement)}",
        "token": token,
        "files": served.files,
        "path": address_of(admission, served, 0).path,
        "rows": served.rows,
    }
    sys.stdout.write(json.dumps(told) + "\n")


if __name__ == "__main__":
    main(int(sys.argv[1]))
