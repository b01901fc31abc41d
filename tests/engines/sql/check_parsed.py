"""Checks that what queries become in each dialect is read by another parser of that dialect, and is statements that it knows.

    check_parsed.py ETLC

Every way to materialize is compiled for every dialect; what a dialect cannot do is refused, and the reason is asked for too.
"""

from __future__ import annotations

import json
import logging
import subprocess
import sys
import tempfile
from pathlib import Path

import sqlglot
from sqlglot import exp

DIALECTS = {"postgres": "postgres", "redshift": "redshift", "snowflake": "snowflake", "bigquery": "bigquery", "databricks": "databricks",
            "spark": "spark", "hive": "hive", "duckdb": "duckdb", "trino": "trino", "presto": "presto", "athena": "athena", "mysql": "mysql",
            "mssql": "tsql", "clickhouse": "clickhouse", "sqlite": "sqlite", "ansi": ""}
QUERY = "with x as (select id, part, note, day from raw.source) select id, part, note, day from x where id > 0 order by id limit 5 -- the end"
PARTITION = {"column": "day", "value": "${run.date}"}
STEPS = {
    "tabled": {"materialize": "table"},
    "viewed": {"materialize": "view"},
    "added": {"materialize": "append"},
    "daily": {"materialize": "append", "partition": PARTITION},
    "merged": {"materialize": "merge", "unique_key": ["id"]},
    "paired": {"materialize": "merge", "unique_key": ["id", "part"]},
    "starred": {"materialize": "merge", "unique_key": ["id"], "sql": "select * from raw.source"},
    "plain": {"materialize": "none"},
}
# What sqlglot keeps as a command without looking inside.
OPAQUE = ("BEGIN", "COMMIT", "START", "RENAME")


def compiled(etlc: str, folder: Path, dialect: str, name: str, step: dict) -> tuple[str | None, str]:
    """The statements that a step becomes and what it was refused with."""
    connection = {"dialect": dialect, "schema": "mart", "client": ["client"], "default": True}
    platform = {"version": 1, "platform": "test", "connections": {"database": connection}, "runtimes": {"sql": {"image": "example.com/etlc:1"}}}
    step = {"kind": "sql", "sql": QUERY, "output": name, **step}
    pipeline = {"version": 1, "pipeline": "test", "owner": "data", "timeout": "1h", "steps": {name: step}}
    (folder / "etlc.yaml").write_text(json.dumps({"version": 1, "workspace": "test", "platform": "platform", "pipelines": ["*/pipeline.yaml"]}))
    (folder / "platform/platform.yaml").write_text(json.dumps(platform))
    (folder / "test/pipeline.yaml").write_text(json.dumps(pipeline))
    done = subprocess.run([etlc, "plan", "test"], cwd=folder, capture_output=True, text=True)
    if done.returncode != 0:
        return None, done.stdout + done.stderr
    text = "".join(json.loads(done.stdout)["steps"][0]["files"][0]["text"])
    return text.replace("${run.date}", "'2026-01-01'"), ""


def main() -> int:
    logging.getLogger("sqlglot").setLevel(logging.ERROR)
    parsed = refused = failed = 0
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        for name in ("platform", "test"):
            (folder / name).mkdir()
        for dialect, theirs in DIALECTS.items():
            for name, step in STEPS.items():
                text, said = compiled(sys.argv[1], folder, dialect, name, step)
                if text is None:
                    refused += 1
                    if "E0402" not in said or "is not possible with the dialect" not in said:
                        failed += 1
                        print(f"{dialect} {name}: {said}")
                    continue
                parsed += 1
                try:
                    statements = sqlglot.parse(text, dialect=theirs)
                except sqlglot.errors.ParseError as error:
                    failed += 1
                    print(f"{dialect} {name}: {error}\n{text}")
                    continue
                opaque = [each.sql() for each in statements if isinstance(each, exp.Command) and not each.sql().upper().startswith(OPAQUE)]
                if opaque:
                    failed += 1
                    print(f"{dialect} {name}: not known to the parser: {opaque}\n{text}")
    print(f"{parsed} texts were read, {refused} refused as documented, {failed} faults")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
