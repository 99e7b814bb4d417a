"""What clients send is read as data or refused by name; what the server answers is what the protocol's readers take."""

import json
from contextlib import suppress
from datetime import UTC, datetime, timedelta

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dataferry.formats.delta_sharing import (
    Capabilities,
    ChangesRequest,
    FileFacts,
    FileStatistics,
    ListRequest,
    MetadataRequest,
    PageTokens,
    Profile,
    QueryRequest,
    ResponseFormat,
    TableFacts,
    VersionRequest,
    answer_header,
    change_line,
    end_line,
    file_line,
    table_lines,
    version_as_of,
    version_from,
)
from dataferry.messages import DataferryError, InputError, LimitError, MissingError

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
NOON_IN_MILLISECONDS = 1_795_348_800_000
PARQUET, DELTA = ResponseFormat.PARQUET, ResponseFormat.DELTA
LOCAL = pa.schema([("id", pa.int64()), ("at", pa.timestamp("us"))])


def test_a_profile_survives_its_file_and_hides_its_token() -> None:
    profile = Profile("https://example.org/delta-sharing", "secret-token", NOON)
    assert Profile.parse(profile.to_text()) == profile
    assert profile.to_json()["expirationTime"] == "2026-11-22T12:00:00.000Z"
    assert profile.to_json()["shareCredentialsVersion"] == 1
    assert "secret" not in repr(profile)


@pytest.mark.parametrize(
    "change",
    [
        {"shareCredentialsVersion": 2},
        {"shareCredentialsVersion": True, "bearerToken": None},
        {"bearerToken": "a\r\nX: y"},
        {"bearerToken": ""},
        {"endpoint": "file:///etc/passwd"},
        {"endpoint": "http://[broken"},
        {"endpoint": 7},
        {"expirationTime": "soon"},
    ],
)
def test_a_profile_that_is_none_is_refused(change: dict) -> None:
    document = Profile("https://example.org", "t").to_json() | change
    with pytest.raises(InputError):
        Profile.parse(json.dumps(document))


def test_a_client_gets_parquet_wherever_it_takes_it() -> None:
    python_client = "responseformat=delta,parquet;readerfeatures=deletionvectors,columnmapping,timestampntz"
    assert Capabilities.parse(None).choose(["timestampNtz"]) is PARQUET
    assert Capabilities.parse(python_client).choose() is PARQUET
    only_delta = Capabilities.parse(
        " ResponseFormat=DELTA ; readerfeatures=timestampNtz;includeEndStreamAction=true;new=1"
    )
    assert only_delta.choose(["timestampNtz"]) is DELTA
    assert only_delta.end_stream_action
    assert answer_header(DELTA) == "responseformat=delta"
    with pytest.raises(InputError) as caught:
        Capabilities.parse("responseformat=delta").choose(["timestampNtz"])
    assert caught.value.data["features"] == ["timestampNtz"]


@pytest.mark.parametrize("header", ["responseformat=xml", "responseformat=", "responseformat;", "a" * 3000])
def test_a_header_that_asks_for_nothing_known_is_refused(header: str) -> None:
    with pytest.raises(InputError):
        Capabilities.parse(header)


def test_what_is_not_known_in_the_header_is_left_alone() -> None:
    header = "asyncquery=true;delta;=;,;;readerfeatures=a,,b;responseformat=iceberg,delta;fileidhash=x=y"
    assert Capabilities.parse(header) == Capabilities(frozenset({DELTA}), frozenset({"a", "b"}))


@settings(max_examples=60)
@given(st.text(max_size=200))
def test_no_text_breaks_a_parser(text: str) -> None:
    for parse in (
        Capabilities.parse,
        Profile.parse,
        lambda found: QueryRequest.parse(found.encode(errors="replace")),
        lambda found: ChangesRequest.parse({"startingVersion": found}),
        lambda found: VersionRequest.parse({"startingTimestamp": found}),
        lambda found: ListRequest.parse({"maxResults": found}),
        lambda found: PageTokens(b"k" * 16).read("list", found),
    ):
        with suppress(InputError, LimitError):
            parse(text)


@settings(max_examples=60)
@given(st.text(max_size=30), st.text(max_size=30), st.integers(0, 200), st.characters(codec="ascii"))
def test_a_page_token_is_good_for_its_listing_alone(listing: str, position: str, place: int, other: str) -> None:
    tokens = PageTokens(b"a key of a server")
    token = tokens.issue(listing, position)
    assert tokens.read(listing, token) == position
    spoiled = token[: place % len(token)] + other + token[place % len(token) + 1 :]
    for wrong, text in ((listing + "x", token), (listing, token + "="), (listing, token[:-1])):
        with pytest.raises(InputError):
            tokens.read(wrong, text)
    if spoiled != token:
        with pytest.raises(InputError):
            tokens.read(listing, spoiled)
    with pytest.raises(InputError):
        PageTokens(b"the key of another").read(listing, token)


def test_requests_are_read_field_by_field() -> None:
    assert QueryRequest.parse(b"") == QueryRequest.parse(b'{"unknown": [1]}') == QueryRequest()
    asked = QueryRequest.parse(b'{"limitHint": 5, "timestamp": "2026-11-22T20:00:00+08:00", "jsonPredicateHints": "{"}')
    assert asked == QueryRequest(timestamp=NOON, limit=5)
    feed = ChangesRequest.parse({"startingVersion": "0", "endingVersion": "3", "includeHistoricalMetadata": "True"})
    assert feed == ChangesRequest(starting_version=0, ending_version=3, historical_metadata=True)
    assert ListRequest.parse({"maxResults": "100000", "pageToken": ""}) == ListRequest(500, None)
    assert MetadataRequest.parse({"version": "3"}) == MetadataRequest(version=3)
    with pytest.raises(InputError):
        MetadataRequest.parse({"version": "3", "timestamp": "2026-11-22T12:00:00Z"})
    assert VersionRequest.parse({"startingTimestamp": "2026-11-22T12:00:00Z"}).starting == NOON


@pytest.mark.parametrize(
    "body",
    [
        "[]",
        "{",
        "\udcff",
        '{"limitHint": -1}',
        '{"limitHint": 1.5}',
        '{"limitHint": true}',
        '{"limitHint": "5"}',
        '{"version": 99999999999999999999}',
        '{"version": 1, "timestamp": "2026-11-22T12:00:00Z"}',
        '{"version": 1, "version": 2}',
        '{"timestamp": "2026-11-22T12:00:00"}',
        '{"timestamp": "0001-01-01T00:00:00+14:00"}',
        '{"startingVersion": 3, "endingVersion": 2}',
        '{"endingVersion": 2}',
        '{"maxFiles": 0}',
        '{"maxFiles": "5"}',
        '{"pageToken": 5}',
        '{"includeRefreshToken": "true"}',
        '{"refreshToken": "x", "version": 1}',
        '{"predicateHints": "a = 1"}',
        '{"jsonPredicateHints": {}}',
        '{"a":' + "[" * 100 + "]" * 100 + "}",
        '{"a": "' + "x" * 1_000_001 + '"}',
    ],
)
def test_a_body_of_the_wrong_kind_is_refused(body: str) -> None:
    with pytest.raises(DataferryError) as caught:
        QueryRequest.parse(body.encode(errors="surrogateescape"))
    assert caught.value.http_status in {413, 422}


@pytest.mark.parametrize(
    "parameters",
    [
        {},
        {"startingVersion": "-1"},
        {"startingVersion": "１"},
        {"startingVersion": "1", "startingTimestamp": "2026-11-22T12:00:00Z"},
        {"startingVersion": "1", "endingVersion": "0"},
        {"startingVersion": "1", "endingVersion": "2", "endingTimestamp": "2026-11-22T12:00:00Z"},
        {"startingTimestamp": "2026-11-22T12:00:00Z", "endingTimestamp": "2026-11-21T12:00:00Z"},
        {"startingVersion": "1", "includeHistoricalMetadata": "maybe"},
        {"startingVersion": "1", "maxFiles": "0"},
        {"startingVersion": "1", "maxFiles": "all"},
    ],
)
def test_a_feed_without_clear_ends_is_refused(parameters: dict[str, str]) -> None:
    with pytest.raises(InputError):
        ChangesRequest.parse(parameters)


def test_an_instant_names_a_version() -> None:
    commits = [(0, NOON), (1, NOON + timedelta(days=1)), (2, NOON + timedelta(days=2))]
    second = timedelta(seconds=1)
    assert [version_as_of(commits, NOON + timedelta(days=n)) for n in (0, 1, 5)] == [0, 1, 2]
    assert version_as_of(commits, NOON + timedelta(days=1) - second) == 0
    assert [version_from(commits, NOON + timedelta(days=n)) for n in (-9, 0, 2)] == [0, 0, 2]
    assert version_from(commits, NOON + second) == 1
    for resolve, when in ((version_as_of, NOON - second), (version_from, NOON + timedelta(days=3))):
        with pytest.raises(MissingError):
            resolve(commits, when)


def test_the_lines_of_both_formats_say_the_same() -> None:
    table = TableFacts("t1", "stops", LOCAL, created=NOON, version=3)
    file = FileFacts("https://example.org/f?X-Amz-Signature=s", "f1", 9, FileStatistics(2), 3, NOON, NOON)
    protocol, metadata = map(json.loads, table_lines(table, PARQUET))
    assert protocol == {"protocol": {"minReaderVersion": 1}}
    assert metadata["metaData"]["partitionColumns"] == []
    assert json.loads(metadata["metaData"]["schemaString"])["fields"][1]["type"] == "timestamp"
    told = json.loads(file_line(file, PARQUET))["file"]
    stats = '{"numRecords":2,"minValues":{},"maxValues":{},"nullCount":{}}'
    same = {
        "version": 3,
        "timestamp": NOON_IN_MILLISECONDS,
        "expirationTimestamp": NOON_IN_MILLISECONDS,
        "size": 9,
        "id": "f1",
    }
    assert told == {"url": file.url, "partitionValues": {}, "stats": stats, **same}

    protocol, metadata = map(json.loads, table_lines(table, DELTA, change_feed=True))
    assert protocol["protocol"]["deltaProtocol"]["readerFeatures"] == ["timestampNtz"]
    inner = metadata["metaData"]["deltaMetadata"]
    assert metadata["metaData"]["version"] == 3
    assert json.loads(inner["schemaString"])["fields"][1]["type"] == "timestamp_ntz"
    told = json.loads(file_line(file, DELTA))["file"]
    action = {"path": file.url, "partitionValues": {}, "size": 9, "dataChange": True, "stats": stats}
    action["modificationTime"] = NOON_IN_MILLISECONDS
    assert told == {"deltaSingleAction": {"add": action}, **same}


def test_a_feed_names_each_file_by_what_it_did() -> None:
    file = FileFacts("https://example.org/f", "f1", 9, FileStatistics(2), 1, NOON)
    for change, action in (("add", "add"), ("cdf", "cdc"), ("remove", "remove")):
        told = json.loads(change_line(file, change, PARQUET))[change]
        assert (told["version"], told["timestamp"]) == (1, NOON_IN_MILLISECONDS)
        assert ("stats" in told) == (change == "add")
        assert list(json.loads(change_line(file, change, DELTA))["file"]["deltaSingleAction"]) == [action]
    assert json.loads(end_line([file])) == {"endStreamAction": {}}
    assert json.loads(end_line([], next_page_token="a", refresh_token="b")) == {
        "endStreamAction": {"nextPageToken": "a", "refreshToken": "b"}
    }
