"""Promise: whatever a recipe says, files, network and the platform are unharmed, and its limits hold.

Each hostile statement is tried twice: through the front door, where the gate refuses it, and with the gate taken away,
inside the confinement. The last test takes the confinement away too, to show that the attempts are real ones.
"""

import contextlib
import http.server
import json
import os
import threading
from dataclasses import replace
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from dataferry.messages import DataferryError, InputError, LimitError, RefusedError
from dataferry.products.gate import CheckedStatement, check_statement
from dataferry.products.sandbox.confinement import Confinement, readable_paths
from dataferry.products.sandbox.parent import ConfinedRun
from dataferry.products.sandbox.watch import descendants

from .conftest import INSTANT, SMALL

PROGRAM = (Path(__file__).parent / "hostile_child.py").read_text()
LINE = "generate_series(1, 1000000)"
READS = [
    "SELECT * FROM '{secret}.csv'",
    "SELECT * FROM '{secret}.parquet'",
    "SELECT * FROM 'file://{secret}.parquet'",
    'SELECT * FROM "{secret}.parquet"',
    "SELECT * FROM '{secret}.geojson'",
    "SELECT * FROM '/vsizip/{secret}.zip'",
    "SELECT * FROM '{secret}.d/../{name}.parquet'",
    "SELECT * FROM '/proc/self/environ'",
    "SELECT * FROM '/proc/1/environ'",
    "SELECT * FROM read_parquet('{secret}.parquet')",
    "SELECT * FROM read_csv('{secret}.csv')",
    "SELECT rs_value(rs_frompath('{secret}.tif'), 1, 1)",
    "SELECT * FROM '{url}/x.parquet'",
    "SELECT rs_frompath('/vsicurl/{url}/x.tif')",
    "CREATE EXTERNAL TABLE t STORED AS PARQUET LOCATION '{secret}.parquet'",
]
WRITES = [
    "COPY (SELECT 1 AS x) TO '{out}/a.csv'",
    "COPY (SELECT 1 AS x) TO '{out}/a.parquet' STORED AS PARQUET",
    "COPY (SELECT 1 AS x) TO '{input}' STORED AS PARQUET",
    "INSERT INTO stops VALUES (NULL, 'x')",
    "CREATE EXTERNAL TABLE w (x INT) STORED AS CSV LOCATION '{out}/b.csv'",
]
CHANGES = [
    "CREATE TABLE t AS SELECT 1",
    "CREATE VIEW stops AS SELECT 1",
    "CREATE SCHEMA s",
    "CREATE DATABASE d",
    "CREATE FUNCTION f() RETURNS INT RETURN 1",
    "DROP VIEW stops",
    "DELETE FROM stops",
    "UPDATE stops SET name = 'x'",
    "SET datafusion.runtime.memory_limit = '100G'",
    "RESET datafusion.execution.batch_size",
    "PREPARE p AS SELECT 1",
    "EXECUTE p",
    "BEGIN",
    "SHOW TABLES",
    "SHOW ALL",
    "DESCRIBE stops",
    "EXPLAIN ANALYZE SELECT * FROM stops",
    "SELECT * FROM information_schema.tables",
    "SELECT * FROM information_schema.df_settings",
    "SELECT 1; SELECT 2",
    "WITH RECURSIVE r AS (SELECT 1 AS n UNION ALL SELECT n + 1 FROM r) SELECT * FROM r",
]
CHEATS = [
    "SELECT ST_SetSRID(geometry, 4326) FROM stops",
    "SELECT ST_SetCRS(geometry, 'EPSG:4326') FROM districts",
    "SELECT ST_Transform(geometry, 'EPSG:4490') FROM stops",
    "SELECT ST_Point(1, 2, 4326) FROM stops",
    "SELECT ST_GeomFromWKB(ST_AsBinary(geometry)) FROM districts",
    "SELECT ST_GeomFromEWKT('SRID=4326;POINT(1 2)')",
    "SELECT with_metadata(geometry, 'ARROW:extension:metadata', '') FROM districts",
    "SELECT arrow_cast(geometry, 'Binary') FROM districts",
    "SELECT now()",
    "SELECT current_date",
    "SELECT random()",
    "SELECT uuid()",
    "SELECT version()",
    'SELECT "now"()',
    "SELECT /* ) */ now /**/ ()",
    "SELECT * FROM stops -- \n; COPY (SELECT 1) TO 'x'",
    "SELECT * FROM stops /* */; DROP VIEW stops /* */",
    "SELECT $1",
    "SELECT * FROM stops TABLESAMPLE (1)",
    "SELECT * FROM (SELECT 1) AS recipe) AS x; DROP VIEW stops; SELECT * FROM (SELECT 2",
]


@pytest.fixture
def place(tmp_path: Path, inputs: dict[str, Path]):
    """Secrets outside the sandbox, a folder nobody may write to, and a server that counts who calls."""
    secret = tmp_path / "secret"
    token = "TOKEN-" + os.urandom(8).hex()
    pq.write_table(pa.table({"x": [token]}), f"{secret}.parquet")
    Path(f"{secret}.csv").write_text(f"x\n{token}\n")
    out = tmp_path / "must-stay-empty"
    out.mkdir()
    calls: list[str] = []

    class Counting(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            calls.append(self.path)
            self.send_error(404)

        do_HEAD = do_GET  # noqa: N815

        def log_message(self, *_: object) -> None:
            """Keep the test's output clean."""

    server = http.server.HTTPServer(("127.0.0.1", 0), Counting)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    words = {
        "secret": str(secret),
        "name": "secret",
        "out": str(out),
        "input": str(inputs["stops"]),
        "url": f"http://127.0.0.1:{server.server_port}",
        "port": str(server.server_port),
        "pid": str(os.getpid()),
    }
    yield words, token, out, calls
    server.shutdown()
    server.server_close()


class HostileRun(ConfinedRun):
    """A run whose child does what the test says, once it is locked down."""

    def program(self) -> list[str]:
        return ["-c", PROGRAM]


def attempt(confinement: Confinement, inputs, folder: Path, language: str, texts: list[str]) -> list[tuple[str, str]]:
    asked = json.dumps({"language": language, "texts": texts})
    statement = CheckedStatement(asked, None, frozenset(inputs), frozenset(), ())
    folder.mkdir()
    table, _ = HostileRun(statement, inputs, SMALL, INSTANT, 1, confinement).answer(folder)
    return list(zip(table["outcome"].to_pylist(), table["words"].to_pylist(), strict=True))


@pytest.mark.parametrize("statement", [*READS, *WRITES, *CHANGES, *CHEATS])
def test_the_gate_refuses(statement: str):
    schema = pa.schema([("geometry", pa.binary()), ("name", pa.string())])
    words = {"secret": "/s", "name": "s", "out": "/o", "input": "/i", "url": "http://h"}
    filled = statement if statement in CHEATS else statement.format(**words)
    with pytest.raises(DataferryError) as caught:
        check_statement(filled, {"stops": schema, "districts": schema})
    assert isinstance(caught.value, RefusedError | InputError)
    assert str(caught.value)


def test_with_the_gate_taken_away_nothing_is_read_written_or_called(confined, inputs, place, tmp_path):
    words, token, out, calls = place
    before = {name: path.read_bytes() for name, path in inputs.items()}
    texts = [text.format(**words) for text in [*READS, *WRITES]]
    results = attempt(confined, inputs, tmp_path / "run", "sql", texts)
    assert token not in json.dumps(results)
    assert {
        text: said for text, (ended, said) in zip(texts, results, strict=True) if ended == "ran" and said != "[]"
    } == {}
    assert list(out.iterdir()) == []
    assert {name: path.read_bytes() for name, path in inputs.items()} == before
    assert calls == []


def test_a_child_taken_over_by_native_code_reaches_nothing(confined, inputs, place, tmp_path, run):
    words, token, out, calls = place
    attempts = [
        "open('/etc/passwd').read()",
        "open('{secret}.csv').read()",
        "open('{out}/x', 'w')",
        "open('{input}', 'r+b')",
        "__import__('os').listdir('/root')",
        "__import__('os').remove('{input}')",
        "__import__('os').rename('{input}', '{input}.gone')",
        "__import__('os').symlink('/etc/passwd', '{out}/link')",
        "__import__('os').fork()",
        "__import__('os').execv('/bin/true', ['true'])",
        "__import__('subprocess').run(['true'], check=True)",
        "__import__('os').kill({pid}, 0)",
        "__import__('os').kill(1, 9)",
        "__import__('socket').create_connection(('127.0.0.1', {port}), 2)",
        "__import__('socket').socket(__import__('socket').AF_UNIX)",
        "__import__('os').chmod('{input}', 0o777)",
        "open('/proc/{pid}/environ').read()",
        "__import__('resource').setrlimit(__import__('resource').RLIMIT_CPU, (-1, -1)) or 1/0",
        "__import__('ctypes').CDLL(None, use_errno=True).ptrace(16, {pid}, 0, 0) == 0 or 1/0",
        "__import__('os').unshare(0x10000000)" if hasattr(os, "unshare") else "1/0",
    ]
    results = attempt(confined, inputs, tmp_path / "run", "python", [text.format(**words) for text in attempts])
    ran = {text for text, (ended, _) in zip(attempts, results, strict=True) if ended == "ran"}
    assert ran == set()
    assert list(out.iterdir()) == []
    assert calls == []
    assert token not in json.dumps(results)
    assert run("SELECT count(*) AS n FROM stops").rows == 1


def test_the_child_finds_no_environment_of_ours(confined, inputs, tmp_path, monkeypatch):
    monkeypatch.setenv("DATAFERRY_SECRET_KEY", "abracadabra")
    [(_, words)] = attempt(confined, inputs, tmp_path / "run", "python", ["dict(__import__('os').environ)"])
    assert "abracadabra" not in words


def test_a_child_that_lies_is_not_believed(confined, inputs, tmp_path):
    rubbish = [
        "__import__('os').write(data, b'rubbish' * 1000) or 1",
        "__import__('os').write(data, b'\\xff\\xff\\xff\\xff\\xff\\xff\\xff\\x7f' * 9)",
        "report.say(event='refused', code='products.\\n[x', data={'reason': 'x' * 20000})",
        "__import__('os').write(report._handle, b'{' * 100000)",
        "__import__('os').write(report._handle, b'[' * 60000 + b'\\n')",
        "report.say(event='refused', code=['a'], data=5)",
        "__import__('os')._exit(0)",
        "__import__('os').abort()",
    ]
    for number, text in enumerate(rubbish):
        with pytest.raises((RefusedError, InputError, LimitError)) as caught:
            attempt(confined, inputs, tmp_path / f"run{number}", "python", [text])
        assert len(str(caught.value)) < 1000


def children_left() -> list[str]:
    """Command lines of recipe children below this process (a test worker may have a browser as well)."""
    left = []
    for pid in descendants(os.getpid()):
        with contextlib.suppress(OSError):
            words = Path(f"/proc/{pid}/cmdline").read_bytes().decode(errors="replace").replace("\0", " ")
            left += [words] if "child.py" in words or "bwrap" in words else []
    return left


@pytest.mark.parametrize(
    ("sql", "codes"),
    [
        ("SELECT repeat('x', 2000000000) AS x", {"limit_memory"}),
        ("SELECT lpad('x', 2000000000, 'y') AS x", {"limit_memory", "limit_cpu"}),
        (f"SELECT max(length(repeat('x', 1000000 + CAST(v AS INT)))) AS x FROM {LINE} AS a(v)", {"limit_memory"}),
        (f"SELECT count(*) AS n FROM {LINE} a(v) CROSS JOIN {LINE} b(w) WHERE v * w % 7 = 3", {"limit_cpu"}),
        (
            "SELECT max(n) AS n FROM (SELECT row_number() OVER (ORDER BY v * w % 1000003, v, w) AS n"
            f" FROM {LINE} a(v) CROSS JOIN {LINE} b(w))",
            {"limit_memory", "limit_spill", "limit_cpu"},
        ),
        (
            f"SELECT count(DISTINCT v * 1000000 + w) AS n FROM {LINE} a(v) CROSS JOIN {LINE} b(w)",
            {"limit_memory", "limit_spill", "limit_cpu"},
        ),
        ("SELECT levenshtein(repeat('ab', 100000), repeat('ba', 100000)) AS x", {"limit_cpu"}),
        (f"SELECT a.v FROM {LINE} a(v) CROSS JOIN {LINE} b(w)", {"limit_rows"}),
        ("SELECT repeat('x', 2000) AS x FROM generate_series(1, 90000) AS a(v)", {"limit_bytes"}),
    ],
)
def test_greed_is_ended_at_the_limit(run, sql: str, codes: set[str]):
    with pytest.raises(LimitError) as caught:
        run(sql, limits=replace(SMALL, cpu_seconds=2))
    assert caught.value.code.removeprefix("products.") in codes
    assert run("SELECT 1 AS x").rows == 1
    assert children_left() == []


def test_a_recipe_that_never_ends_is_stopped_by_the_clock(run):
    sql = f"SELECT count(*) AS n FROM {LINE} a(v) CROSS JOIN {LINE} b(w) WHERE v * w % 7 = 3"
    with pytest.raises(LimitError) as caught:
        run(sql, limits=replace(SMALL, wall_seconds=1.0))
    assert caught.value.code == "products.limit_wall"
    assert children_left() == []


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT regexp_like(repeat('a', 30) || '!', '^(a+)+$') AS x",
        "SELECT " + "(" * 39 + "1" + ")" * 39 + " AS x",
        "SELECT " + " + ".join(["1"] * 100) + " AS x",
    ],
)
def test_what_looks_dangerous_and_is_not_runs(run, sql: str):
    assert run(sql).rows == 1


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT " + "(" * 5000 + "1" + ")" * 5000,
        "SELECT " + " + ".join(["1"] * 20000),
        "SELECT " + "NOT " * 5000 + "TRUE",
        "SELECT " + "- " * 5000 + "1",
        "SELECT CASE WHEN 1=1 THEN " * 200 + "1" + " END" * 200,
        "SELECT 1 FROM " + "(SELECT 1 FROM " * 200 + "stops" + ") AS x" * 200,
        " UNION ALL ".join(["SELECT 1"] * 5000),
        "SELECT '" + "x" * 200_000 + "'",
        "SELECT \x00 1",
    ],
)
def test_depth_and_length_are_refused_before_any_engine_sees_them(sql: str):
    with pytest.raises((LimitError, InputError, RefusedError)):
        check_statement(sql, {"stops": pa.schema([("name", pa.string())])})


def test_an_engine_that_crashes_takes_nobody_with_it(confined, inputs, tmp_path):
    """5 000 additions overflow the engine's stack; the gate refuses them, and the child alone would die."""
    sql = "SELECT " + " + ".join(["1"] * 5000) + " AS x"
    statement = CheckedStatement(sql, None, frozenset(), frozenset(), ())
    (tmp_path / "run").mkdir()
    with pytest.raises((InputError, LimitError)):
        ConfinedRun(statement, {}, SMALL, INSTANT, 1, confined).answer(tmp_path / "run")


def test_the_attempts_are_real_without_confinement(inputs, place, tmp_path):
    words, token, out, calls = place
    bare = Confinement("unsafe-local", landlock=False, seccomp=False)
    texts = [text.format(**words) for text in (READS[1], READS[-3], WRITES[0], CHANGES[0], CHANGES[8])]
    results = attempt(bare, {}, tmp_path / "run", "sql", texts)
    assert token in results[0][1]
    assert calls
    assert len(list(out.iterdir())) == 1
    assert [ended for ended, _ in results[2:]] == ["ran"] * 3


def test_the_sandbox_shows_nothing_of_the_home_or_the_configuration():
    homes = (Path.home(), Path("/etc"), Path("/var"), Path("/"))
    assert not {Path(path) for path in readable_paths()} & set(homes)
