"""Running a recipe: gate, confined child, checked answer. The one way for SQL of other people to reach the engine."""

from __future__ import annotations

import json
import sys
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import pyarrow as pa

from dataferry.messages import DataferryError, InputError, LimitError
from dataferry.products.datum_check import check_datums, columns_behind
from dataferry.products.gate import CheckedStatement, check_statement
from dataferry.products.sandbox.answer import check_answer, read_answer
from dataferry.products.sandbox.confinement import (
    CHILD_ENVIRONMENT,
    SOURCE_ROOT,
    Confinement,
    choose,
    readable_paths,
    wrapped,
)
from dataferry.products.sandbox.ending import raise_for, ran_out_of_memory
from dataferry.products.sandbox.limits import SandboxLimits
from dataferry.products.sandbox.watch import Outcome, Watch
from dataferry.tables.engine import FUNCTIONS, schema_of
from dataferry.tables.geoparquet import write_geoparquet

_FROM_CHILD: Mapping[str, type[DataferryError]] = {
    "products.limit_rows": LimitError,
    "products.limit_memory": LimitError,
    "products.mixed_branches": InputError,
    "tables.query_failed": InputError,
    "tables.geometry_without_datum": InputError,
    "tables.wrong_arguments": InputError,
    "tables.wants_points": InputError,
    "tables.h3_resolution": InputError,
    "tables.grid_size": InputError,
    "tables.bad_wkt": InputError,
    "tables.bad_wkb": InputError,
}
"""What a child may report. Codes of `geo` are taken too; any other word of its is not believed."""
_NO_SPILL = ("file too large", "no space left", "max_temp_directory_size", "disk usage")


@dataclass(frozen=True)
class RecipeRun:
    """A recipe that ran.

    Args:
        output: the GeoParquet file, rows in no particular order.
        sandbox: `bubblewrap`, `landlock` or `unsafe-local`.
        seconds: of the child, on the clock.
        peak_bytes: memory of the child at its highest, as seen 50 times a second.
    """

    output: Path
    rows: int
    schema: pa.Schema
    sandbox: str
    seconds: float
    peak_bytes: int


def run_recipe(
    sql: str,
    inputs: Mapping[str, Path],
    *,
    limits: SandboxLimits | None = None,
    instant: datetime,
    seed: int,
    output: Path,
    unsafe_local: bool = False,
    first_rows: int | None = None,
    progress: Callable[[int], None] | None = None,
    cancelled: Callable[[], bool] | None = None,
) -> RecipeRun:
    """Check a recipe, run it in a confined child, and write its answer as GeoParquet.

    Rows come in no particular order, and floats may differ in their last digits between runs: sort and round before
    comparing. Nothing is left behind on any path: no process, no temporary file, no half-written output.

    Args:
        sql: the recipe as its author wrote it.
        inputs: table name -> GeoParquet file.
        instant: what `build_instant()` answers.
        seed: what `build_seed()` answers.
        output: file to write; appears whole or not at all.
        unsafe_local: run in a bare child process where no confinement works (own recipes on an own machine only).
        first_rows: stop after so many rows, for a preview.
        progress: called with the number of rows so far.
        cancelled: asked often; true ends the run.

    Raises:
        RefusedError: the gate refuses the recipe, or nothing here can confine it.
        InputError: the recipe is wrong, or mixes datums.
        LimitError: it passed a limit.
        UnavailableError: it was cancelled.
    """
    tables = {name: schema_of(path) for name, path in inputs.items()}
    statement = check_statement(sql, tables)
    datums = check_datums(statement, tables)
    used = {name: path for name, path in inputs.items() if name in statement.tables}
    run = ConfinedRun(statement, used, limits or SandboxLimits(), instant, seed, choose(unsafe_local), first_rows)
    output.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="dataferry-run-", dir=output.parent) as folder:
        try:
            table, outcome = run.answer(Path(folder), progress, cancelled)
        except InputError as error:
            raise columns_behind(str(error.data.get("reason", "")), tables) or error from error
        check_answer(table, datums.output)
        write_geoparquet(table, output)
        return RecipeRun(
            output, table.num_rows, table.schema, run.confinement.kind, outcome.seconds, outcome.peak_bytes
        )


@dataclass(frozen=True)
class ConfinedRun:
    """A checked statement, its inputs and the confinement it is to run in."""

    statement: CheckedStatement
    inputs: Mapping[str, Path]
    limits: SandboxLimits
    instant: datetime
    seed: int
    confinement: Confinement
    first_rows: int | None = None

    def answer(
        self,
        folder: Path,
        progress: Callable[[int], None] | None = None,
        cancelled: Callable[[], bool] | None = None,
    ) -> tuple[pa.Table, Outcome]:
        """The answer of the child, read and validated; `folder` is private to this run."""
        spill, stream = folder.resolve() / "spill", folder.resolve() / "answer.arrows"
        spill.mkdir(mode=0o700)
        watch = Watch(
            argv=self._argv(spill),
            job=json.dumps(self._job(spill)).encode(),
            answer=stream,
            limits=self.limits,
            environment=CHILD_ENVIRONMENT,
            progress=progress,
            cancelled=cancelled,
        )
        outcome = watch.run()
        outcome.refusal = _without_paths(outcome.refusal, {**self._job(spill)["inputs"], "spill": str(spill)})
        raise_for(outcome, self.limits, lambda refusal: _from_child(refusal, self.limits), _engine_stopped)
        return read_answer(stream, self.limits), outcome

    def program(self) -> list[str]:
        """What Python is to run as the child."""
        return [str(Path(__file__).with_name("child.py"))]

    def _argv(self, spill: Path) -> list[str]:
        argv = [sys.executable, "-I", *self.program(), str(SOURCE_ROOT), "{data}", "{report}"]
        if self.confinement.kind != "bubblewrap":
            return argv
        return wrapped(argv, [str(path.resolve()) for path in self.inputs.values()], str(spill))

    def _job(self, spill: Path) -> dict[str, Any]:
        inputs = {name: str(path.resolve()) for name, path in self.inputs.items()}
        return {
            "sql": self.statement.sql,
            "branches": self.statement.branches,
            "inputs": inputs,
            "functions": sorted(self.statement.functions & FUNCTIONS),
            "instant": self.instant.isoformat(),
            "seed": self.seed,
            "limits": asdict(self.limits),
            "first_rows": self.first_rows,
            "spill": str(spill),
            "lockdown": {
                "landlock": self.confinement.landlock,
                "seccomp": self.confinement.seccomp,
                "die_with_parent": True,
                "read": [*readable_paths(), "/dev/null", "/dev/urandom", *inputs.values()],
                "write": [str(spill)],
            },
        }


def _without_paths(refusal: dict[str, Any] | None, paths: Mapping[str, str]) -> dict[str, Any] | None:
    """The report of a child without folders of this machine: authors see the names of their inputs."""
    if refusal is None:
        return None
    text = json.dumps(refusal, default=str)
    for name, path in paths.items():
        text = text.replace(json.dumps(path)[1:-1], name).replace(json.dumps(path.lstrip("/"))[1:-1], name)
    hidden: dict[str, Any] = json.loads(text)
    return hidden


def _engine_stopped(number: int, words: str) -> InputError:
    lines = [line.strip() for line in words.splitlines() if line.strip()]
    return InputError("products.engine_stopped", reason=lines[-1][:200] if lines else f"signal {number}")


def _from_child(refusal: Mapping[str, Any], limits: SandboxLimits) -> DataferryError:
    """An error of ours from what a child reported: known codes and plain short values only."""
    code, data = str(refusal.get("code")), refusal.get("data")
    values = {str(k)[:40]: _plain(v) for k, v in data.items()} if isinstance(data, dict) else {}
    reason = str(values.get("reason", ""))
    if code == "products.limit_memory" or ran_out_of_memory(reason):
        return LimitError("products.limit_memory", limit=limits.memory_mib)
    if any(word in reason.lower() for word in _NO_SPILL):
        return LimitError("products.limit_spill", limit=limits.spill_mib)
    if code in _FROM_CHILD:
        return _FROM_CHILD[code](code, **values)
    if _is_geo_code(code):
        return InputError(code, **values)
    return InputError("products.engine_stopped", reason=code[:80])


def _is_geo_code(code: str) -> bool:
    from dataferry.messages import codes

    room, _, key = code.partition(".")
    return room == "geo" and key in codes("geo")


def _plain(value: Any) -> Any:
    if value is None or isinstance(value, bool | int | float):
        return value
    return str(value).partition("\nThis issue was likely caused by a bug")[0][:2000]


__all__ = ["ConfinedRun", "RecipeRun", "run_recipe"]
