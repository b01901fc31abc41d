"""Runs a DAG of local processes from start to end with the real Airflow: `airflow dags test`.

    run_local.py [--cwd FOLDER] [--date 2026-03-04T06:00:00Z] [--conf JSON] [--path FOLDER]... DAG_FILE [DAG_ID]

Airflow gets a fresh home with an sqlite database. The tasks inherit the environment; `duckdb` (of duckdb-cli) and
the folders given with --path (where `etlc` is) are in front of PATH. Prints the state of each task, and fails unless
the run and every task succeeded. The output of the tasks is shown when the run fails.
"""

from __future__ import annotations

import argparse
import os
import sqlite3
import subprocess
import sys
import tempfile
from pathlib import Path

SCRIPTS = Path(sys.executable).parent


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("file", type=Path)
    parser.add_argument("dag_id", nargs="?", help="default: the name of the file")
    parser.add_argument("--date", default="2026-03-04T06:00:00Z", help="the logical date")
    parser.add_argument("--conf", help="params of the run as JSON")
    parser.add_argument("--cwd", type=Path, help="the folder to run Airflow in")
    parser.add_argument("--path", action="append", default=[], type=Path, help="folder to search for programs first")
    options = parser.parse_args()
    dag_id = options.dag_id or options.file.stem

    with tempfile.TemporaryDirectory(prefix="etlc-airflow-") as home:
        database = Path(home, "airflow.db")
        folders = [str(folder.resolve()) for folder in options.path]
        env = {
            **os.environ,
            "AIRFLOW_HOME": home,
            "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
            # `--dagfile-path` must lie in the folder of DAGs.
            "AIRFLOW__CORE__DAGS_FOLDER": str(options.file.resolve().parent),
            "PYTHONDONTWRITEBYTECODE": "1",
            "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": f"sqlite:///{database}",
            "PATH": os.pathsep.join([*folders, str(SCRIPTS), os.environ["PATH"]]),
        }
        airflow(["db", "migrate"], env, options.cwd, check=True)
        command = ["dags", "test", dag_id, options.date, "--dagfile-path", str(options.file.resolve())]
        result = airflow([*command, "--conf", options.conf] if options.conf else command, env, options.cwd, check=False)
        run, tasks = states(database, dag_id)

    for task, state in tasks:
        print(f"{state or 'not run':15} {task}")
    print(f"{run:15} the run of {dag_id}")
    succeeded = result.returncode == 0 and run == "success" and tasks and all(state == "success" for _, state in tasks)
    if not succeeded:
        print(result.stdout)
        print(f"FAIL {dag_id} did not succeed (airflow ended with {result.returncode})")
    return 0 if succeeded else 1


def airflow(arguments: list[str], env: dict, cwd: Path | None, *, check: bool) -> subprocess.CompletedProcess:
    command = [str(SCRIPTS / "airflow"), *arguments]
    result = subprocess.run(command, env=env, cwd=cwd, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    if check and result.returncode:
        raise SystemExit(f"airflow {' '.join(arguments)} failed:\n{result.stdout}")
    return result


def states(database: Path, dag_id: str) -> tuple[str, list[tuple[str, str | None]]]:
    """What the database says of the run: the exit code of `dags test` alone is not to be relied on."""
    with sqlite3.connect(database) as connection:
        runs = connection.execute("select state from dag_run where dag_id = ?", [dag_id]).fetchall()
        tasks = connection.execute("select task_id, state from task_instance where dag_id = ? order by task_id", [dag_id]).fetchall()
    return (runs[0][0] if len(runs) == 1 else f"{len(runs)} runs"), tasks


if __name__ == "__main__":
    sys.exit(main())
