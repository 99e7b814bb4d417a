"""Run by the interpreter of a real Delta Sharing client: does what it is told in JSON and prints what it got.

Usage: python stranger.py PROFILE '[{"do": "load", "table": "share.schema.table", "limit": 5}, ...]'
Prints one JSON list: for each order {"value": ...} or {"error": ..., "status": ...}. Knows nothing of the server.
"""

import contextlib
import hashlib
import json
import sys
import warnings
from typing import Any

warnings.simplefilter("ignore")

import delta_sharing  # noqa: E402

CLIENT = None


def plain(value: Any) -> Any:
    """A value of a data frame as JSON that another pandas would give too."""
    if isinstance(value, bytes):
        return hashlib.sha256(value).hexdigest()
    if isinstance(value, dict):
        return {str(name): plain(inner) for name, inner in value.items()}
    if hasattr(value, "tolist") and not isinstance(value, (str, bytes)):
        value = value.tolist()
    if isinstance(value, (list, tuple)):
        return [plain(inner) for inner in value]
    if value is None or value != value:
        return None
    return value if isinstance(value, (bool, int, float, str)) else str(value)


def frame(found: Any, order: Any) -> Any:
    if order.get("only_count"):
        return {"rows": len(found), "columns": list(found.columns)}
    rows = [[plain(value) for value in row] for row in found.astype(object).to_numpy().tolist()]
    return {"rows": rows, "columns": list(found.columns)}


def obey(order: Any, profile: str) -> Any:
    client = delta_sharing.SharingClient(profile)
    do, url = order["do"], f"{profile}#{order.get('table', '')}"
    if do == "list":
        return {
            "shares": [share.name for share in client.list_shares()],
            "schemas": [schema.name for share in client.list_shares() for schema in client.list_schemas(share)],
            "tables": [f"{table.share}.{table.schema}.{table.name}" for table in client.list_all_tables()],
            "by_schema": [
                table.name
                for share in client.list_shares()
                for schema in client.list_schemas(share)
                for table in client.list_tables(schema)
            ],
        }
    options = order.get("options", {})
    if do == "version":
        return delta_sharing.get_table_version(url, **options)
    if do == "metadata":
        told = delta_sharing.get_table_metadata(url)
        return {"id": told.id, "name": told.name, "schema": json.loads(told.schema_string)}
    if do == "load":
        return frame(delta_sharing.load_as_pandas(url, **options), order)
    if do == "changes":
        return frame(delta_sharing.load_table_changes_as_pandas(url, **options), order)
    if do == "files":
        # As a slow reader does: first the addresses, later the bytes.
        from delta_sharing.protocol import DeltaSharingProfile, Table
        from delta_sharing.rest_client import DataSharingRestClient

        share, schema, name = order["table"].split(".")
        rest = DataSharingRestClient(DeltaSharingProfile.read_from_file(profile))
        return [file.url for file in rest.list_files_in_table(Table(name, share, schema)).add_files]
    raise ValueError(do)


def main() -> None:
    profile, orders = sys.argv[1], json.loads(sys.argv[2])
    answers = []
    for order in orders:
        try:
            # The client prints figures of its own.
            with contextlib.redirect_stdout(sys.stderr):
                value = obey(order, profile)
            answers.append({"value": value})
        except Exception as error:  # noqa: BLE001
            status = getattr(getattr(error, "response", None), "status_code", None)
            answers.append({"error": type(error).__name__, "said": str(error)[:2000], "status": status})
    print(json.dumps(answers))


main()
