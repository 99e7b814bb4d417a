"""Every change of state of the catalogue, as pages, API, jobs and commands call it."""

from dataferry.server.catalogue.dataset_actions import (
    change_dataset,
    create_dataset,
    describe_column,
    publish_dataset,
    withdraw_dataset,
)
from dataferry.server.catalogue.examples import register_file, register_inputs
from dataferry.server.catalogue.product_folder import ProductFolder, product_folder
from dataferry.server.catalogue.registering import ReadColumn, StoredReading, finish_upload, register_snapshot
from dataferry.server.catalogue.upload_actions import fail_upload, read_again, receive_upload, retry_upload

__all__ = [
    "ProductFolder",
    "ReadColumn",
    "StoredReading",
    "change_dataset",
    "create_dataset",
    "describe_column",
    "fail_upload",
    "finish_upload",
    "product_folder",
    "publish_dataset",
    "read_again",
    "receive_upload",
    "register_file",
    "register_inputs",
    "register_snapshot",
    "retry_upload",
    "withdraw_dataset",
]
