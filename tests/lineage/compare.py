"""Compares the column lineage of the TPC-DS and TPC-H queries with sqlglot's, output column by output column.

    python -m venv /tmp/lineage && /tmp/lineage/bin/pip install -r tests/lineage/requirements.txt
    /tmp/lineage/bin/python tests/lineage/compare.py [--dialect duckdb] [--more] [FOLDER]

FOLDER is where sqlglot's source distribution is unpacked, whose fixtures hold the queries and the schemas; without it, pip fetches the one of the
version that is installed. Exits with 1 where a difference is not among the expected ones.
"""

import argparse
import importlib.util
import json
import logging
import pathlib
import subprocess
import sys
import tarfile
import tempfile

import sqlglot
from sqlglot import exp
from sqlglot.lineage import lineage

# Differences that are meant, by reason: the numbers of queries in each suite, from 1. Where etlc says less, it says that it is incomplete.
REASONS: dict[str, dict[str, list[int]]] = {
    "a column without a name has none here; sqlglot calls it by its text": {
        "qualify_columns": [10, 29], "pushdown_projections": [3, 33, 34, 37]},
    "databases differ in the name of a cast: PostgreSQL calls it as its column, DuckDB by its text": {"qualify_columns": [23]},
    "what a table function gives is known to the database alone; sqlglot makes up a table without a name": {
        "qualify_columns": [57, 59, 60, 61, 62, 63, 64, 76, 153, 154, 155, 225, 231, 232], "optimizer": [82, 83]},
    "names given by place to a table that is in no schema: which column is meant is not known; sqlglot takes the new names for the table's own": {
        "qualify_columns": [138, 139], "merge_subqueries": [55], "optimizer": [33, 74]},
    "names given by place; sqlglot takes the first column for each": {"pushdown_projections": [86]},
    "databases differ in the columns of a pivot and their names, and `any` is known at run time alone": {
        "qualify_columns": [77, 332], "optimizer": [28, 29, 33, 36, 37, 38, 39, 40, 41]},
    "the members of a struct by `.*`, or of an exploded one, are not followed": {"qualify_columns": [140, 141, 144, 146], "optimizer": [70]},
    "Snowflake's columns by number (`$1`) are not followed": {
        "qualify_columns": [317, 318, 319, 320, 321, 322, 323, 324, 325, 326, 327, 329]},
    "a function of `*` is not followed": {"pushdown_projections": [51, 52, 53, 54, 55], "optimizer": [84]},
    "ClickHouse's `array join` gives the arrays' items, which hide the table's columns": {"qualify_columns": [71]},
    "no database takes it: a column that is not there, `replace` of one that `except` takes away, a name given further on": {
        "qualify_columns": [70, 181, 245]},
    "sqlglot is wrong: it stops at brackets or `lateral`, and takes one side of `using`, or none of a join": {
        "qualify_columns": [4, 187], "optimizer": [8, 9, 44]},
}
EXPECTED = {(suite, number) for suites in REASONS.values() for suite, numbers in suites.items() for number in numbers}

# sqlglot's names of dialects that have another name here.
OURS = {"tsql": "mssql", "spark2": "spark", "spark3": "spark"}

ROOT = pathlib.Path(__file__).resolve().parents[2]


def fixtures(folder):
    """The folder of sqlglot's tests."""
    if folder is None:
        folder = pathlib.Path(tempfile.mkdtemp(prefix="lineage-"))
        pip = [sys.executable, "-m", "pip", "download", "-q", "--no-deps", "--no-binary", ":all:", "-d", str(folder)]
        subprocess.run([*pip, f"sqlglot=={sqlglot.__version__}"], check=True)
        with tarfile.open(next(folder.glob("*.tar.gz"))) as archive:
            archive.extractall(folder, filter="data")
    return next(path.parent for path in pathlib.Path(folder).glob("**/tests/helpers.py"))


def plain(source):
    """A source by its table's last name, without quotes and case: sqlglot keeps neither the rest nor always the case."""
    table, _, column = source.lower().replace('"', "").rpartition(".")
    return f"{table.rpartition('.')[2]}.{column}"


def suites(tests, more):
    spec = importlib.util.spec_from_file_location("helpers", tests / "helpers.py")
    helpers = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(helpers)
    for name, schema in (("tpc-ds", helpers.TPCDS_SCHEMA), ("tpc-h", helpers.TPCH_SCHEMA)):
        pairs = helpers.load_sql_fixture_pairs(str(tests / "fixtures" / "optimizer" / name / f"{name}.sql"))
        yield name, schema, [(None, sql) for _, sql, _ in pairs]
    if not more:
        return
    # Small queries of every form, most of them about how names are resolved, many on tables without a schema.
    schema = {"x": {"a": "INT", "b": "INT"}, "y": {"b": "INT", "c": "INT"}, "z": {"b": "INT", "c": "INT"}, "w": {"d": "TEXT", "e": "TEXT"}}
    for name in ("qualify_columns", "pushdown_projections", "merge_subqueries", "optimizer"):
        pairs = helpers.load_sql_fixture_pairs(str(tests / "fixtures" / "optimizer" / f"{name}.sql"))
        yield name, schema, [(meta.get("dialect"), sql) for meta, sql, _ in pairs]


def ours(schema, queries):
    with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
        json.dump({"tables": schema, "queries": queries}, file)
        file.flush()
        run = ["cargo", "test", "-q", "--test", "lineage", "--", file.name]
        out = subprocess.run(run, cwd=ROOT, check=True, capture_output=True, text=True).stdout
    return json.loads(out[out.index("{"):])


def leaves(node, seen):
    """The columns of tables that a node ends in."""
    if id(node) in seen:
        return set()
    seen.add(id(node))
    if not node.downstream and isinstance(node.expression, exp.Table):
        return {plain(f"{node.expression.name}.{node.name.split('.')[-1]}")}
    return set().union(*(leaves(below, seen) for below in node.downstream)) if node.downstream else set()


def theirs(dialect, schema, sql):
    """Output column to sources, in order; an exception's text where sqlglot cannot do it."""
    try:
        nodes = lineage(None, sql, schema=schema, dialect=dialect)
    except Exception as error:  # noqa: BLE001: whatever it is, sqlglot does not resolve it
        return str(error)
    return {name: leaves(node, set()) for name, node in nodes.items()}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--dialect", default="duckdb")
    parser.add_argument("--more", action="store_true", help="also small queries, on which both may be right in their own way")
    parser.add_argument("folder", nargs="?")
    options = parser.parse_args()
    logging.getLogger("sqlglot").setLevel(logging.ERROR)
    same = different = expected = unresolved = not_read = 0
    for name, schema, queries in suites(fixtures(options.folder), options.more):
        found = ours(schema, [(OURS.get(dialect, dialect) or options.dialect, sql) for dialect, sql in queries])
        for number, ((dialect, sql), own) in enumerate(zip(queries, found["queries"]), 1):
            if not own["understood"]:
                not_read += 1
                continue
            other = theirs(dialect or options.dialect, schema, sql)
            for fault in own.get("faults", []):
                if (name, number) in EXPECTED:
                    expected += 1
                    continue
                print(f"{name} {number}: a fault in a valid query: {fault}")
                different += 1
            if isinstance(other, str):
                print(f"{name} {number}: sqlglot does not resolve it: {other}")
                unresolved += 1
                continue
            columns = own["statements"][0]["columns"] if own["statements"] else []
            sources = {(column["name"] or "").lower(): column for column in columns}
            names = [column["name"] for column in columns]
            for column, wanted in other.items():
                if names.count(column) > 1:
                    # sqlglot keeps one of them.
                    continue
                # sqlglot calls a column without a name by its number.
                is_numbered = column.lower().startswith("_col_") and int(column[5:]) < len(columns)
                mine = columns[int(column[5:])] if is_numbered else sources.get(column.lower())
                got = None if mine is None else {plain(source) for source in mine["sources"]}
                if column == "*" or any(source.endswith("*") for source in wanted):
                    continue
                if got == wanted:
                    same += 1
                elif (name, number) in EXPECTED:
                    expected += 1
                else:
                    different += 1
                    print(f"{name} {number} {column}: only sqlglot {sorted(wanted - (got or set()))}, only etlc {sorted((got or set()) - wanted)}"
                          + (" (no such column here)" if got is None else "") + (f"\n    {sql}" if options.more else ""))
        print(f"{name}: {len(queries)} queries in {found['seconds']:.3f} s")
    print(f"{same} columns are the same, {expected} differ as expected, {different} differ, sqlglot does not resolve {unresolved} queries, etlc does not read {not_read}")
    return 1 if different else 0


if __name__ == "__main__":
    sys.exit(main())
