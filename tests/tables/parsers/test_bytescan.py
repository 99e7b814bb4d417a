"""Promise: a digest names exact content, and what would make a parser stumble is counted before it runs."""

from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dataferry.messages import InputError, LimitError, MissingError
from dataferry.tables.parsers import bytescan
from dataferry.tables.parsers.bytescan import digest, scan_bytes, size_of


def test_the_digest_of_a_folder_tells_content_and_names_apart(tmp_path):
    folder = tmp_path / "a.gdb"
    (folder / "inner").mkdir(parents=True)
    (folder / "x").write_bytes(b"1")
    (folder / "inner" / "y").write_bytes(b"22")
    first = digest(folder)
    assert (first, size_of(folder)) == (digest(folder), 3)
    (folder / "x").rename(folder / "z")
    renamed = digest(folder)
    (folder / "z").write_bytes(b"3")
    assert len({first, renamed, digest(folder)}) == 3
    assert digest(folder / "z") == sha256(b"3").hexdigest()


def test_what_is_not_there_or_cannot_be_opened_is_told_apart(tmp_path):
    with pytest.raises(MissingError):
        size_of(tmp_path / "no")
    (tmp_path / "file").write_bytes(b"x")
    with pytest.raises(InputError) as error:
        size_of(tmp_path / "file" / "inside")
    assert error.value.code == "tables.cannot_open"


@given(st.lists(st.sampled_from([b",", b"\n", b"0", b"7", b"x", b'"', b"\0"]), max_size=60).map(b"".join))
def test_counts_do_not_depend_on_where_the_pieces_end(tmp_path_factory, data):
    path = tmp_path_factory.mktemp("scan") / "x.csv"
    path.write_bytes(data)
    whole = scan_bytes(path, ",", 1000)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(bytescan, "_READ", 7)
        assert scan_bytes(path, ",", 1000) == whole
    assert (whole.bytes, whole.nuls) == (len(data), data.count(b"\0"))
    assert whole.longest_line == max(map(len, data.split(b"\n")))
    led = zip(b"\n" + data, data, data[1:], strict=False)
    assert whole.zero_led == sum(a in b',\n"' and b == 48 and c in b"0123456789" for a, b, c in led)


def test_a_line_beyond_the_limit_is_refused(tmp_path):
    path = tmp_path / "x.csv"
    path.write_bytes(b"a\n" + b"x" * 50 + b"\nb")
    assert scan_bytes(path, ",", 50).longest_line == 50
    with pytest.raises(LimitError) as error:
        scan_bytes(path, ",", 20)
    assert error.value.code == "tables.line_too_long"
