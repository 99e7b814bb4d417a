"""Promise: whatever goes wrong inside a reader leaves the one door as an error of ours, and says what it was."""

import pytest

from dataferry.messages import InputError, LimitError, MissingError
from dataferry.tables import ReadLimits, ReadOptions, read
from dataferry.tables import reading as module


@pytest.mark.parametrize(
    ("raised", "error", "code"),
    [
        (MemoryError(), LimitError, "out_of_memory"),
        (RecursionError(), LimitError, "too_deep"),
        (OverflowError("too large\nsecond line"), InputError, "unreadable"),
        (KeyError(), InputError, "unreadable"),
        (OSError(5, "Input/output error"), InputError, "unreadable"),
    ],
)
def test_failures_of_readers_become_errors_of_ours(tmp_path, monkeypatch, raised, error, code):
    path = tmp_path / "x.csv"
    path.write_text("a,b\n1,2\n")

    def fail(*_):
        raise raised

    monkeypatch.setitem(module._PARSERS, "delimited", fail)
    with pytest.raises(error) as told:
        read(path)
    assert told.value.code == f"tables.{code}"
    assert "second line" not in told.value.text()
    assert path.name in told.value.text()


def test_a_missing_file_and_one_too_large(tmp_path):
    with pytest.raises(MissingError):
        read(tmp_path / "no.csv")
    path = tmp_path / "x.csv"
    path.write_text("a,b\n1,2\n")
    with pytest.raises(LimitError) as told:
        read(path, ReadOptions(limits=ReadLimits(file_bytes=5)))
    assert told.value.code == "tables.file_too_big"
