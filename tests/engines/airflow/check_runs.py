"""Whether runs of every type that are for one instant give steps one instant, and whether a DAG that did not change stays one version.

    check_runs.py ETLC

Rendered DAGs are stored by Airflow's own `dags reserialize`. Runs are then made by what makes them in Airflow: the scheduler's own functions (by the clock and by
updates of assets), `trigger_dag` (by hand, with and without a logical date) and backfills; and their tasks build their pods with what Airflow tells of the run.

Traps: R1, R2
"""

from __future__ import annotations

import inspect
import os
import subprocess
import sys
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

ETLC = Path(sys.argv[1]).resolve()
HOME = tempfile.TemporaryDirectory(prefix="etlc-runs-")
ROOT = Path(HOME.name)
ZONE = "Pacific/Kiritimati"  # UTC+14: nearly every instant has another day there.
os.environ |= {
    "AIRFLOW_HOME": str(ROOT),
    "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": f"sqlite:///{ROOT}/airflow.db",
    "AIRFLOW__CORE__DAGS_FOLDER": str(ROOT / "out/default/airflow/dags"),
    "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
    # Otherwise a change within 30 seconds is not looked at.
    "AIRFLOW__CORE__MIN_SERIALIZED_DAG_UPDATE_INTERVAL": "0",
    "AIRFLOW__LOGGING__LOGGING_LEVEL": "ERROR",
}
sys.dont_write_bytecode = True

import check_dags  # noqa: E402
import kubelet  # noqa: E402
from airflow.api.common.trigger_dag import trigger_dag  # noqa: E402
from airflow.api_fastapi.execution_api.datamodels import taskinstance as told  # noqa: E402
from airflow.assets.manager import asset_manager  # noqa: E402
from airflow.jobs.job import Job  # noqa: E402
from airflow.jobs.scheduler_job_runner import SchedulerJobRunner  # noqa: E402
from airflow.models import DagRun  # noqa: E402
from airflow.models.asset import AssetModel  # noqa: E402
from airflow.models.backfill import ReprocessBehavior, _create_backfill  # noqa: E402
from airflow.models.dag_version import DagVersion  # noqa: E402
from airflow.utils.session import create_session  # noqa: E402
from airflow.utils.sqlalchemy import prohibit_commit  # noqa: E402
from airflow.utils.types import DagRunTriggeredByType  # noqa: E402
from sqlalchemy import func, select  # noqa: E402

STEPS = """steps:
  told: {kind: container, image: "x:1", command: ["${run.date}", "${run.timestamp}", "${run.id}", "${run.attempt}"], retries: {limit: 1}}
"""
PIPELINES = {
    "clock": f'schedule: {{cron: "0 0 * * *", timezone: {ZONE}, start: 2026-01-01}}\n',
    "data": "trigger: {datasets: [giver.rows]}\n",
    "giver": "",
}

faults: list[str] = []


def main() -> int:
    for name, starts in PIPELINES.items():
        (ROOT / name).mkdir()
        steps = 'steps:\n  rows: {kind: sql, sql: "select 1", output: rows}\n' if name == "giver" else STEPS
        (ROOT / name / "pipeline.yaml").write_text(f"version: 1\npipeline: {name}\nowner: data\ntimezone: {ZONE}\n{starts}{steps}", encoding="utf-8")
    (ROOT / "etlc.yaml").write_text('version: 1\nworkspace: runs\nplatform: platform\npipelines: ["*/pipeline.yaml"]\n', encoding="utf-8")
    (ROOT / "platform").mkdir()
    (ROOT / "platform/platform.yaml").write_text(
        'version: 1\nplatform: p\nrunner: {image: "x:1"}\nconnections: {db: {dialect: sqlite, dsn: "/tmp/x.db"}}\n', encoding="utf-8"
    )
    render()
    airflow("db", "migrate")
    airflow("dags", "reserialize")
    seconds = check_imports()
    with create_session() as session:
        runs = make_runs(session)
        check_runs(runs)
    check_versions()
    for fault in faults:
        print(f"FAIL {fault}")
    print(f"{len(runs)} runs: {', '.join(sorted(runs))}; a file is imported in {seconds * 1000:.0f} ms at most")
    return 1 if faults else 0


def render(*more: str) -> None:
    command = [ETLC, "render", "--target", "airflow", "--out", ROOT / "out", *more]
    result = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    if result.returncode:
        raise SystemExit(result.stderr + result.stdout)


def airflow(*words: str) -> None:
    command = [Path(sys.executable).parent / "airflow", *words]
    result = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    if result.returncode:
        raise SystemExit(f"airflow {' '.join(words)}:\n{result.stdout[-3000:]}")


def check_imports() -> float:
    """The longest that a file takes, once Airflow itself is imported."""
    import time

    longest = 0.0
    for file in sorted((ROOT / "out/default/airflow/dags").glob("*.py")):
        begin = time.perf_counter()
        exec(compile(file.read_text(encoding="utf-8"), file, "exec"), {"__name__": "x", "__file__": str(file)})  # noqa: S102
        longest = max(longest, time.perf_counter() - begin)
    if longest > 0.5:
        faults.append(f"a DAG file is imported in {longest:.2f} s")
    return longest


def make_runs(session) -> dict[str, DagRun]:
    """One run of each type; those of `clock` but `by hand` are for the same instant."""
    scheduler = SchedulerJobRunner(job=Job(), num_runs=1)
    asset = session.scalar(select(AssetModel).where(AssetModel.name == "giver.rows"))
    asset_manager.register_asset_change(asset=asset, session=session)
    session.commit()
    with prohibit_commit(session) as guard:
        scheduler._create_dagruns_for_dags(guard, session)
    runs = {"scheduled": latest(session, "clock"), "by data": latest(session, "data")}
    instant = runs["scheduled"].logical_date
    # A logical date is unique in a DAG, so those for the same instant take the run's place.
    runs = {name: frozen(run) for name, run in runs.items()}
    forget(session)
    # Releases ask for different arguments.
    wanted = {"max_active_runs": 1, "reverse": False, "dag_run_conf": {}, "triggering_user_name": "x", "reprocess_behavior": ReprocessBehavior.NONE}
    known = inspect.signature(_create_backfill).parameters
    _create_backfill(dag_id="clock", from_date=instant, to_date=instant, **{name: value for name, value in wanted.items() if name in known})
    session.expire_all()
    runs["backfill"] = frozen(latest(session, "clock"))
    forget(session)
    by = {"triggered_by": DagRunTriggeredByType.TEST, "session": session}
    runs["by hand for an instant"] = frozen(trigger_dag("clock", logical_date=instant, **by))
    runs["by hand"] = frozen(trigger_dag("clock", run_after=datetime(2026, 3, 4, 15, 6, 7, 890000, UTC), **by))
    return runs


def latest(session, dag_id: str) -> DagRun:
    found = session.scalars(select(DagRun).where(DagRun.dag_id == dag_id).order_by(DagRun.id.desc())).first()
    if found is None:
        raise SystemExit(f"Airflow made no run of {dag_id}")
    return found


def forget(session) -> None:
    for run in session.scalars(select(DagRun).where(DagRun.dag_id == "clock")):
        session.delete(run)
    session.commit()


def frozen(run: DagRun) -> dict:
    """What a task is told of its run, as the API server makes it; tasks only run in runs that have begun."""
    run.start_date = run.start_date or datetime.now(UTC)
    return told.DagRun.model_validate(run, from_attributes=True).model_dump(mode="json")


def check_runs(runs: dict[str, dict]) -> None:
    dags, _ = check_dags.load(sorted((ROOT / "out/default/airflow/dags").glob("*.py")), faults)
    ids = {}
    expected = {"scheduled": "scheduled", "by data": "asset_triggered", "backfill": "backfill", "by hand": "manual", "by hand for an instant": "manual"}
    for name, run in runs.items():
        if run["run_type"] != expected[name]:
            faults.append(f"{name}: a run of type {run['run_type']}")
        if (name in ("by data", "by hand")) != (run["logical_date"] is None):
            faults.append(f"{name}: the logical date is {run['logical_date']}")
        instant = datetime.fromisoformat(run["logical_date"] or run["run_after"])
        want = [instant.astimezone(ZoneInfo(ZONE)).strftime("%Y-%m-%d"), instant.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")]
        for attempt in (1, 2):
            _, pod = check_dags.build(dags[run["dag_id"]].get_task("told"), {**run, "attempt": attempt}, {})
            date, timestamp, run_id, tried = kubelet.container(pod, "base")["command"]
            if [date, timestamp, tried] != [*want, str(attempt)]:
                faults.append(f"{name}: {[date, timestamp, tried]} instead of {[*want, str(attempt)]}")
            ids.setdefault(name, set()).add(run_id)
    if any(len(texts) != 1 for texts in ids.values()) or len(set().union(*ids.values())) != len(ids):
        faults.append(f"run.id is not one text for each run: {ids}")
    one = {runs[name]["logical_date"] for name in ("scheduled", "backfill", "by hand for an instant")}
    if len(one) != 1:
        faults.append(f"the runs for one instant are for {one}")


def versions(dag_id: str) -> int:
    with create_session() as session:
        return session.scalar(select(func.count()).select_from(DagVersion).where(DagVersion.dag_id == dag_id))


def check_versions() -> None:
    """A version is only kept apart once a run has used it, as the ones above have."""
    airflow("dags", "reserialize")
    render()
    airflow("dags", "reserialize")
    if (found := versions("clock")) != 1:
        faults.append(f"a DAG that did not change has {found} versions")
    render("--revision", "abc1234")
    airflow("dags", "reserialize")
    if (found := versions("clock")) != 2:
        faults.append(f"a DAG rendered with --revision has {found} versions; docs/platform.md says that it is a new one")
    render("--revision", "abc1234")
    airflow("dags", "reserialize")
    if (found := versions("clock")) != 2:
        faults.append(f"a DAG rendered with the same revision again has {found} versions")


if __name__ == "__main__":
    sys.exit(main())
