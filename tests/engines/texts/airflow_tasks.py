"""What Airflow's own operators make of the tasks of `compare_texts.py`: pods that are built, commands that bash runs, and containers that a Docker
daemon is asked for.

    airflow_tasks.py ORDER.json SEEN.json
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from unittest import mock

sys.path.insert(0, str(Path(__file__).parent.parent / "airflow"))

import check_dags  # noqa: E402 - sets Airflow up.
from docker_daemon import Daemon  # noqa: E402
from airflow.sdk.execution_time.task_runner import RuntimeTaskInstance  # noqa: E402


def main() -> int:
    order = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    faults: list[str] = []
    seen = []
    daemon = Daemon()
    os.environ["DOCKER_HOST"] = daemon.url
    for way in [way for way in ("pods", "local", "docker") if way in order]:
        dags, _ = check_dags.load(sorted(Path(order[way]).rglob("*.py")), faults)
        for dag_id, dag in sorted(dags.items()):
            for number, params in enumerate(order["runs"][dag_id]):
                for task in dag.tasks:
                    said = {"dag": dag_id, "run": number, "task": task.task_id}
                    values = order["values"][dag_id]
                    make = {
                        "pods": lambda task, params: pod(task, params),
                        "local": lambda task, params: process(task, params, Path(order["work"], "printed.json")),
                        "docker": lambda task, params: container(task, params, daemon),
                    }[way]
                    pulled = values if way == "pods" else json.dumps(values)
                    try:
                        with mock.patch.object(RuntimeTaskInstance, "xcom_pull", lambda self, pulled=pulled, **_: pulled):
                            said |= make(task, params)
                    except Exception as error:  # noqa: BLE001 - any failure is the finding.
                        said["fault"] = f"{type(error).__name__}: {error}"
                    seen.append(said)
    for fault in faults:
        print(fault)
    Path(sys.argv[2]).write_text("".join(json.dumps(said) + "\n" for said in seen), encoding="utf-8")
    return 1 if faults else 0


def pod(task, params: dict) -> dict:
    return {"pod": check_dags.build(task, check_dags.RUNS[0], params)[1]}


def process(task, params: dict, printed: Path) -> dict:
    if task.task_id == "giver":  # It hands over what the mock does.
        return {}
    task, context = check_dags.rendered(task, check_dags.RUNS[0], params)
    printed.unlink(missing_ok=True)
    os.environ["T_OUT"] = str(printed)
    task.execute(context)
    return json.loads(printed.read_text(encoding="utf-8"))


def container(task, params: dict, daemon: Daemon) -> dict:
    task, context = check_dags.rendered(task, check_dags.RUNS[0], params)
    daemon.created.clear()
    task.execute(context)
    return {"container": daemon.created[0]}


if __name__ == "__main__":
    sys.exit(main())
