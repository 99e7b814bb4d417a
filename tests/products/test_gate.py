"""Promise: only one query over declared inputs with allowed functions leaves the gate, written anew."""

import pyarrow as pa
import pytest
import sqlglot
from hypothesis import given
from hypothesis import strategies as st

from dataferry.messages import DataferryError, InputError, LimitError, RefusedError, say
from dataferry.products import allowed_functions as allowed
from dataferry.products.gate import check_statement
from dataferry.products.recipe_dialect import RecipeDialect
from dataferry.tables import functions
from dataferry.tables.engine import FUNCTIONS, EngineOptions, open_session

SCHEMA = pa.schema([("k", pa.int64()), ("name", pa.string()), ("d", pa.date32())])
TABLES = {"stops": SCHEMA, "districts": SCHEMA}


def checked(sql: str) -> str:
    return check_statement(sql, TABLES).sql


def refusal(sql: str) -> DataferryError:
    with pytest.raises(DataferryError) as caught:
        check_statement(sql, TABLES)
    return caught.value


def test_the_sql_that_leaves_is_written_anew():
    sql = 'select Count(*) AS N, "name" -- count\n from STOPS /* ; drop */ group by NAME having count(*)>1'
    assert checked(sql) == ('SELECT "count"(*) AS "n", "name" FROM "stops" GROUP BY "name" HAVING "count"(*) > 1')


def test_forms_with_words_inside_become_plain_calls():
    sql = "SELECT extract(year FROM d), substring(name FROM 2 FOR 3), position('a' IN name), trim(both 'x' FROM name)"
    calls = """ "date_part"('year', "d"), "substr"("name", 2, 3), "strpos"("name", 'a'), "btrim"("name", 'x')"""
    assert checked(sql) == "SELECT" + calls


def test_what_it_reads_and_calls_is_told():
    statement = check_statement("WITH x AS (SELECT k FROM stops) SELECT max(abs(k)) AS k FROM x", TABLES)
    assert statement.tables == {"stops"}
    assert statement.functions == {"max", "abs"}


def test_each_branch_of_a_set_operation_is_a_query_of_its_own():
    statement = check_statement(
        "WITH a AS (SELECT k FROM stops), b AS (SELECT k FROM a UNION ALL SELECT k FROM districts) SELECT * FROM b",
        TABLES,
    )
    [(left, right)] = statement.branches
    session = open_session(options=EngineOptions(functions=frozenset()))
    for name in TABLES:
        session.add_table(name, SCHEMA.empty_table())
    assert session.schema(left).names == session.schema(right).names == ["k"]


@pytest.mark.parametrize(
    ("sql", "code", "line", "column"),
    [
        ("SELECT k,\n  ST_SetSRID(k, 4326)\nFROM stops", "products.relabel_refused", 2, 3),
        ("SELECT k FROM stops\nJOIN secrets USING (k)", "products.table_not_declared", 2, 6),
        ("SELECT now()", "products.volatile_refused", 1, 8),
        ("SELECT st_transform(k, 'EPSG:4490') FROM stops", "products.transform_refused", 1, 8),
        ("SELECT st_point(k, k) FROM stops", "products.unlabelled_refused", 1, 8),
        ("SELECT st_translate(k, 1, 1) FROM stops", "products.moves_refused", 1, 8),
        ("SELECT approx_distinct(k) FROM stops", "products.unrepeatable_refused", 1, 8),
        ("SELECT k FROM stops LIMIT 5", "products.limit_needs_order", 1, 27),
        ("SELECT array_agg(k) FROM stops", "products.needs_order", 1, 8),
        ("SELECT row_number() OVER (PARTITION BY k) FROM stops", "products.needs_order", 1, 8),
        ("SELECT CAST(k AS geometry) FROM stops", "products.type_not_allowed", 1, 13),
        ("SELECT * FROM generate_series(1, 2000000)", "products.series_place", 1, 15),
        ("SELECT * FROM generate_series(1, k)", "products.series_place", 1, 15),
        ("SELECT range(1, 3)", "products.series_place", 1, 8),
    ],
)
def test_a_refusal_says_where(sql: str, code: str, line: int, column: int):
    error = refusal(sql)
    assert (error.code, error.data["line"], error.data["column"]) == (code, line, column)
    assert str(error)


def test_an_unknown_function_brings_the_nearest_allowed():
    assert "st_area" in refusal("SELECT st_aera(k) FROM stops").data["nearest"]


def test_a_syntax_error_says_line_and_column():
    error = refusal("SELECT k\nFROM stops\nWHERE ((k > 1)")
    assert isinstance(error, InputError)
    assert error.data["line"] == 3


@pytest.mark.parametrize("name", ["a.b", "A", "1a", "", "x" * 64, "pg;drop"])
def test_an_input_has_a_plain_name(name: str):
    with pytest.raises(InputError):
        check_statement("SELECT 1", {name: SCHEMA})


@pytest.mark.parametrize(
    "sql",
    [
        'WITH "/etc/x.parquet" AS (SELECT 1) SELECT * FROM "/etc/x.parquet"',
        "WITH stops AS (SELECT 1) SELECT * FROM stops",
        "WITH a AS (SELECT 1), a AS (SELECT 2) SELECT * FROM a",
        "SELECT * FROM public.stops",
        "SELECT * FROM stops NATURAL JOIN districts",
        "SELECT * FROM stops, LATERAL (SELECT 1)",
        "SELECT k INTO t FROM stops",
        "SELECT k FROM stops FOR UPDATE",
        "SELECT * FROM unnest(make_array(1))",
        "SELECT DISTINCT ON (k) k FROM stops",
        "TABLE stops",
        "VALUES (1)",
        "",
        ";",
    ],
)
def test_other_forms_stay_outside(sql: str):
    assert isinstance(refusal(sql), RefusedError | InputError)


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT k FROM stops ORDER BY k DESC NULLS LAST LIMIT 3 OFFSET 1",
        "SELECT rank() OVER w AS r FROM stops WINDOW w AS (PARTITION BY name ORDER BY k)",
        "SELECT sum(k) FILTER (WHERE k > 1) AS s, count(DISTINCT name) AS n FROM stops GROUP BY ROLLUP (name)",
        "SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY k) AS m, string_agg(name, ',' ORDER BY k) AS l FROM stops",
        "SELECT s.k FROM stops s LEFT JOIN districts USING (k) WHERE s.k IN (SELECT k FROM districts)",
        "SELECT k, CASE WHEN k > 1 THEN 'a' ELSE 'b' END AS c FROM stops WHERE name LIKE 'x%' OR d > DATE '2020-01-01'",
        "SELECT date_trunc('month', d + INTERVAL '1 day') AS m, CAST(k AS DECIMAL(10, 2)) AS x FROM stops",
        "SELECT t.a FROM (VALUES (1, '香港'), (2, '上海')) AS t (a, b)",
        "SELECT * EXCEPT (d) FROM stops UNION SELECT k, name FROM districts",
        "SELECT extract(dow FROM d) AS w, trim(name) AS t, substr(name, 2) AS u, k % 2 = 0 AS even FROM stops",
        "SELECT k FROM stops QUALIFY row_number() OVER (PARTITION BY name ORDER BY k) = 1",
        "SELECT v FROM generate_series(1, 24) AS hours(v)",
    ],
)
def test_ordinary_recipes_pass_and_the_engine_plans_them(sql: str):
    session = open_session(options=EngineOptions(functions=frozenset()))
    for name in TABLES:
        session.add_table(name, SCHEMA.empty_table())
    assert session.schema(checked(sql)).names


@given(st.text(max_size=60))
def test_any_text_is_answered_with_a_query_or_one_of_our_errors(text: str):
    try:
        sql = checked(text)
    except (RefusedError, InputError, LimitError):
        return
    assert checked(sql) == sql


@given(st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=20))
def test_a_quoted_name_or_text_cannot_break_out(text: str):
    name = text.replace('"', '""')
    value = text.replace("'", "''")
    sql = checked(f"SELECT '{value}' AS \"{name}\" FROM stops")
    [alias] = sqlglot.parse_one(sql, dialect=RecipeDialect).selects
    assert (alias.this.this, alias.alias) == (text, text)


def test_the_allow_list_names_what_the_engine_or_we_have():
    session = open_session(options=EngineOptions())
    rows = session.run("SELECT DISTINCT routine_name FROM information_schema.routines")
    built_in = set(rows["routine_name"].to_pylist()) | {"generate_series", "range", "extract", "position", "substring"}
    assert sorted(allowed.ALLOWED - built_in - FUNCTIONS) == []
    assert functions.NAMES == FUNCTIONS


def test_no_function_is_both_allowed_and_refused():
    refused = (
        allowed.RELABEL
        | allowed.VOLATILE
        | allowed.UNLABELLED
        | allowed.MOVES
        | allowed.UNREPEATABLE
        | {"st_transform"}
    )
    assert allowed.ALLOWED & refused == set()
    for name in refused:
        assert say(allowed.reason_refused(name), {"function": name, "line": 1, "column": 1}, "zh-Hant")
