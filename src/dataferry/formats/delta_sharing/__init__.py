"""Delta Sharing on the wire: what a client sends, what a server answers. No state, no web framework.

    capabilities = Capabilities.parse(header)
    chosen = capabilities.choose(reader_features(schema))
    asked = QueryRequest.parse(body)
    kept = choose(files, asked.predicate, asked.limit)
    lines = [*table_lines(table, chosen), *(file_line(file, chosen) for file in kept)]

Source: the Delta Sharing Protocol of the delta-io project, and what its Python client really does.
"""

from dataferry.formats.delta_sharing.capabilities import (
    HEADER,
    VERSION_HEADER,
    Capabilities,
    ResponseFormat,
    answer_header,
)
from dataferry.formats.delta_sharing.instants import parse_instant, version_as_of, version_from, write_instant
from dataferry.formats.delta_sharing.lines import (
    MEDIA_TYPE,
    Change,
    FileFacts,
    TableFacts,
    change_line,
    end_line,
    error_json,
    file_line,
    metadata_line,
    table_lines,
)
from dataferry.formats.delta_sharing.page_tokens import PageTokens
from dataferry.formats.delta_sharing.predicates import Predicate, choose
from dataferry.formats.delta_sharing.profile import Profile
from dataferry.formats.delta_sharing.requests import (
    ChangesRequest,
    FilePage,
    ListRequest,
    MetadataRequest,
    QueryRequest,
    VersionRequest,
)
from dataferry.formats.delta_sharing.schema import reader_features, schema_string, sharing_schema, to_sharing
from dataferry.formats.delta_sharing.statistics import ColumnStatistics, FileStatistics, of_parquet

__all__ = [
    "HEADER",
    "MEDIA_TYPE",
    "VERSION_HEADER",
    "Capabilities",
    "Change",
    "ChangesRequest",
    "ColumnStatistics",
    "FileFacts",
    "FilePage",
    "FileStatistics",
    "ListRequest",
    "MetadataRequest",
    "PageTokens",
    "Predicate",
    "Profile",
    "QueryRequest",
    "ResponseFormat",
    "TableFacts",
    "VersionRequest",
    "answer_header",
    "change_line",
    "choose",
    "end_line",
    "error_json",
    "file_line",
    "metadata_line",
    "of_parquet",
    "parse_instant",
    "reader_features",
    "schema_string",
    "sharing_schema",
    "table_lines",
    "to_sharing",
    "version_as_of",
    "version_from",
    "write_instant",
]
