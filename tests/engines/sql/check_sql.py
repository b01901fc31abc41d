"""Runs what steps of SQL become on real databases, and compares the rows that are there afterwards.

    check_sql.py ETLC ENGINES [DATABASE]...

Each step is compiled by ETLC and run by `etlc exec sql` with the very arguments of its container. Every way to materialize a query runs for the first
time and again, with new rows, and is ended after each of its statements, as a lost connection would: the table then has the old rows or the new ones,
never a part of them, and a further attempt gives the new ones. Names are of the odd kind: words of SQL, blanks.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from databases import ALL, Database

BROKEN = "\nselect * from no_such_table_is_there;\n"


class Steps:
    """The steps of a pipeline on one database."""

    def __init__(self, etlc: str, folder: Path, database: Database) -> None:
        self.etlc, self.folder, self.database = etlc, folder, database
        self.steps: dict[str, dict] = {}
        self.files = folder / "files"
        self.files.mkdir()

    def compile(self, steps: dict[str, dict]) -> None:
        database = self.database
        connection = {"dialect": database.dialect, "schema": database.schema, "table": "{{ dataset }} of {{ pipeline }}", "default": True}
        if database.secret:
            connection["secret"] = "database"
        if database.client:
            connection["client"] = database.client
        runtimes = {"sql": {"image": "example.com/etlc:1"}}
        platform = {"version": 1, "platform": "test", "connections": {"database": connection}, "runtimes": runtimes,
                    "secrets": {"database": {"name": "database", "key": "dsn"}}}
        pipeline = {"version": 1, "pipeline": "test", "owner": "data", "params": {"note": {"type": "string", "default": "a"}},
                    "steps": {name: {"kind": "sql", **step} for name, step in steps.items()}}
        workspace = {"version": 1, "workspace": "test", "platform": "platform", "pipelines": ["*/pipeline.yaml"]}
        for name in ("platform", "test"):
            (self.folder / name).mkdir()
        for name, content in (("platform/platform.yaml", platform), ("test/pipeline.yaml", pipeline), ("etlc.yaml", workspace)):
            # JSON is YAML.
            (self.folder / name).write_text(json.dumps(content))
        plan = subprocess.run([self.etlc, "plan", "test"], cwd=self.folder, capture_output=True, text=True)
        if plan.returncode != 0:
            raise SystemExit(plan.stdout + plan.stderr)
        self.steps = {step["id"]: step for step in json.loads(plan.stdout)["steps"]}
        for step in self.steps.values():
            for file in step["files"]:
                (self.files / file["path"]).write_text("".join(file["text"]))

    def arguments(self, name: str) -> list[str]:
        container = self.steps[name]["container"]
        texts = ["".join(part["text"] if "text" in part else str(self.files) for part in text) for text in container["command"] + container["args"]]
        return [self.etlc, *texts[1:]]

    def environment(self, day: str) -> dict[str, str]:
        path = f"{getattr(self.database, 'path', '')}:{os.environ['PATH']}".lstrip(":")
        more = {"ETLC_CONNECTION_DATABASE": self.database.secret} if self.database.secret else {}
        return {**os.environ, "PATH": path, "ETLC_FILES": str(self.files), "ETLC_RUN_DATE": day, "ETLC_PARAM_NOTE": "it's \\ ${none", **more}

    def run(self, name: str, day: str = "2026-01-01") -> tuple[bool, str]:
        done = subprocess.run(self.arguments(name), env=self.environment(day), capture_output=True, text=True)
        return done.returncode == 0, done.stdout + done.stderr

    def cut(self, name: str, day: str) -> list[str]:
        """What a step runs, ended after each of its statements by one that fails."""
        lines = Path(self.files / self.steps[name]["files"][0]["path"]).read_text().splitlines(keepends=True)
        ends = [at + 1 for at, line in enumerate(lines) if line.rstrip().endswith(";")]
        return ["".join(lines[:end]) + BROKEN for end in ends]

    def run_cut(self, name: str, text: str, day: str) -> None:
        path = self.files / self.steps[name]["files"][0]["path"]
        whole = path.read_text()
        path.write_text(text)
        good, said = self.run(name, day)
        path.write_text(whole)
        assert not good, f"the client did not stop at a statement that fails:\n{said}"


def must(result: tuple[bool, str], what: str) -> None:
    assert result[0], f"{what}: {result[1]}"


def must_fail(result: tuple[bool, str], what: str, *words: str) -> None:
    assert not result[0], f"{what} did not fail"
    assert not words or any(word in result[1] for word in words), f"{what} failed with another message: {result[1]}"


class Check:
    def __init__(self, steps: Steps, database: Database) -> None:
        self.steps, self.database = steps, database
        self.done = 0

    def table(self, name: str) -> str:
        return f"{self.database.schema}.{self.database.name(f'{name} of test')}"

    def source(self, *rows: tuple) -> None:
        def literal(value: object) -> str:
            return "null" if value is None else str(value) if isinstance(value, int) else f"'{value}'"

        values = ", ".join(f"({', '.join(literal(value) for value in row)})" for row in rows)
        source = f"{self.database.schema}.source"
        delete = f"truncate table {source}" if self.database.dialect == "clickhouse" else f"delete from {source}"
        self.database.sql(f"{delete};\n" + (f"insert into {source} values {values};\n" if rows else ""))

    def has(self, name: str, query: str, expected: list[str]) -> None:
        found = self.database.rows(query.replace("TABLE", self.table(name)))
        assert found == sorted(expected), f"{name}: expected {sorted(expected)}, found {found}"
        self.done += 1

    def whole_after_each_statement(self, name: str, query: str, new: list[str], day: str = "2026-01-01") -> None:
        """With new rows in the source: whatever statement is the last, the rows are the old ones or the new ones."""
        query = query.replace("TABLE", self.table(name))
        old = self.database.rows(query)
        for text in self.steps.cut(name, day):
            self.steps.run_cut(name, text, day)
            found = self.database.rows(query)
            assert found in (old, sorted(new)), f"{name}: after\n{text}\nthere are {found}; expected {old} or {sorted(new)}"
            self.done += 1
        must(self.steps.run(name, day), name)
        self.has(name, query, new)

    def check_table(self) -> None:
        self.source((1, 1, "a"), (2, 1, "b"))
        for _ in range(2):
            must(self.steps.run("tabled"), "table")
            self.has("tabled", "select * from TABLE", ["1|a", "2|b"])
        self.source((3, 1, "c"))
        self.whole_after_each_statement("tabled", "select * from TABLE", ["3|c"])
        view = f"{self.database.schema}.stands_on_it"
        self.database.sql(f"create view {view} as select * from {self.table('tabled')};")
        self.source((4, 1, "d"))
        if self.database.view_pins_table:
            must_fail(self.steps.run("tabled"), "a table that a view stands on", "depend")
            self.has("tabled", "select * from TABLE", ["3|c"])
        else:
            must(self.steps.run("tabled"), "a table that a view stands on")
            self.has("tabled", f"select * from {view}", ["4|d"])
        self.database.sql(f"drop view {view};")

    def check_view(self) -> None:
        self.source((1, 1, "a"))
        for _ in range(2):
            must(self.steps.run("viewed"), "view")
        self.source((1, 1, "b"))
        self.has("viewed", "select * from TABLE", ["1|b"])
        self.whole_after_each_statement("viewed", "select * from TABLE", ["1|b"])

    def check_append(self) -> None:
        self.source((1, 1, "a"))
        for day in ("2026-01-01", "2026-01-02", "2026-01-02"):
            must(self.steps.run("daily", day), "append")
        rows = f"select note, id, {self.database.name('order')} from TABLE"
        self.has("daily", rows, ["a|1|2026-01-01", "a|1|2026-01-02"])
        self.source((2, 1, "b"), (3, 1, "c"))
        self.whole_after_each_statement("daily", rows, ["a|1|2026-01-01", "b|2|2026-01-02", "c|3|2026-01-02"], "2026-01-02")
        # A table whose columns stand in another order.
        self.database.sql(f"drop table {self.table('daily')};\n"
                          f"create table {self.table('daily')} ({self.database.name('order')} date, note {self.database.text}, id integer);\n")
        must(self.steps.run("daily", "2026-01-03"), "append by name")
        self.has("daily", rows, ["b|2|2026-01-03", "c|3|2026-01-03"])
        for count in (2, 4):
            must(self.steps.run("added"), "append without a partition")
            self.has("added", "select count(*) from TABLE", [str(count)])
        for _ in range(2):
            must(self.steps.run("noted"), "append to a partition of text")
            self.has("noted", "select count(*) from TABLE", ["2"])

    def check_merge(self) -> None:
        for name in ("merged", "starred"):
            self.database.sql(f"drop table if exists {self.table(name)};")
            self.source((1, 1, "a"), (1, 2, "b"))
            for _ in range(2):
                must(self.steps.run(name), name)
                self.has(name, "select id, part, note from TABLE", ["1|1|a", "1|2|b"])
            self.source((1, 2, "c"), (2, 2, "d"))
            self.whole_after_each_statement(name, "select id, part, note from TABLE", ["1|1|a", "1|2|c", "2|2|d"])
            for bad in ([(3, 3, "x"), (3, 3, "y")], [(None, 3, "x")], [(3, None, "x")]):
                self.source(*bad)
                must_fail(self.steps.run(name), f"{name} with {bad}", "unique_key")
                self.has(name, "select id, part, note from TABLE", ["1|1|a", "1|2|c", "2|2|d"])
            self.source()
            must(self.steps.run(name), f"{name} of nothing")
            self.has(name, "select id, part, note from TABLE", ["1|1|a", "1|2|c", "2|2|d"])
        self.source((1, 1, "a"))
        for _ in range(2):
            must(self.steps.run("keyed"), "merge by an odd name")
            self.has("keyed", f"select {self.database.name('group')}, note from TABLE", ["1|a"])
        # A table whose columns stand in another order, and one of them more.
        self.database.sql(f"drop table {self.table('merged')};\n"
                          f"create table {self.table('merged')} (note {self.database.text}, later integer, part integer, id integer);\n")
        self.source((7, 8, "z"))
        must(self.steps.run("merged"), "merge by name")
        self.has("merged", "select id, part, note from TABLE where later is null", ["7|8|z"])


def steps_for(database: Database) -> dict[str, dict]:
    name, source = database.name, f"{database.schema}.source"
    steps = {
        "tabled": {"output": "tabled", "sql": f"-- A comment; with a semicolon.\nwith latest as (\n  select id, note from {source} -- the last\n)\n"
                                              "select id, note from latest where id < 9\nunion all\nselect id, note from latest where id > 9\n"
                                              "order by id limit 50; -- done"},
        "viewed": {"output": "viewed", "materialize": "view", "sql": f"with x as (select id, note from {source}) select * from x -- done"},
    }
    if database.transaction and database.dialect != "clickhouse":
        # In the source, the partition of text is `a\'` and the param, which is `it's \ ${none`.
        text = "a\\\\''" if database.dialect == "mysql" else "a\\''"
        steps |= {
            "daily": {"output": "daily", "materialize": "append", "retries": {"limit": 2}, "partition": {"column": "order", "value": "${run.date}"},
                      "sql": f"with x as (select id, note from {source}) select note, id, ${{run.date}} as {name('order')} from x order by id -- done"},
            "added": {"output": "added", "materialize": "append", "sql": f"select * from {source}"},
            "noted": {"output": "noted", "materialize": "append", "partition": {"column": "note", "value": "a\\'${params.note}"},
                      "sql": f"select id, '{text}${{params.note}}' as note from {source}"},
            "merged": {"output": "merged", "materialize": "merge", "unique_key": ["id", "part"], "sql": f"select id, part, note from {source} order by 1"},
            "starred": {"output": "starred", "materialize": "merge", "unique_key": ["id", "part"],
                        "sql": f"with x as (select * from {source}) select * from x -- done"},
            "keyed": {"output": "keyed", "materialize": "merge", "unique_key": ["group"], "sql": f"select id as {name('group')}, note from {source}"},
        }
    return steps


def check(etlc: str, engines: Path, kind: str) -> None:
    with tempfile.TemporaryDirectory(prefix="etlc-sql-") as temporary:
        folder = Path(temporary)
        database = ALL[kind](folder, engines)
        try:
            nullable = "Nullable(Int32)" if kind == "clickhouse" else "integer"
            more = " engine = MergeTree order by tuple()" if kind == "clickhouse" else ""
            database.sql(f"create table {database.schema}.source (id {nullable}, part {nullable}, note {database.text}){more};")
            steps = Steps(etlc, folder, database)
            steps.compile(steps_for(database))
            checks = Check(steps, database)
            checks.check_table()
            checks.check_view()
            if "daily" in steps.steps:
                checks.check_append()
                checks.check_merge()
            print(f"{kind}: {checks.done} tables as expected")
        finally:
            database.stop()


if __name__ == "__main__":
    for kind in sys.argv[3:] or ALL:
        check(sys.argv[1], Path(sys.argv[2]), kind)
