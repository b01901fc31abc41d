"Rendered by etlc from pipelines/daily_sales/pipeline.yaml. Changes belong there or in the platform."

from __future__ import annotations

import hashlib
import re
from datetime import timedelta
from pathlib import Path

import pendulum
from airflow.providers.standard.operators.bash import BashOperator
from airflow.sdk import DAG, Asset
from airflow.timetables.trigger import CronTriggerTimetable

FILES = Path(__file__).resolve().parent.parent / "files" / "daily_sales"


def etlc_instant(dag_run):
    """The instant that a run is for: the scheduled one, or the start of a run that has none."""
    return pendulum.instance(dag_run.logical_date or dag_run.run_after)


def etlc_run_date(dag_run):
    return etlc_instant(dag_run).in_timezone("UTC").strftime("%Y-%m-%d")


def etlc_run_id(dag_run):
    """The id of a run in characters that paths can have; a hash tells apart those that had others."""
    safe = re.sub(r"[^A-Za-z0-9._-]", "-", dag_run.run_id)
    return safe if safe == dag_run.run_id else f"{safe}-{hashlib.sha256(dag_run.run_id.encode()).hexdigest()[:8]}"


with DAG(
    dag_id="daily_sales",
    description="Sales by day, and a short report of them.",
    schedule=CronTriggerTimetable("0 6 * * *", timezone="UTC"),
    catchup=False,
    max_active_runs=1,
    max_active_tasks=16,
    max_consecutive_failed_dag_runs=0,
    is_paused_upon_creation=False,
    dagrun_timeout=timedelta(seconds=3600),
    render_template_as_native_obj=False,
    user_defined_macros={
        "etlc_run_date": etlc_run_date,
        "etlc_run_id": etlc_run_id,
    },
    # What a site may have other defaults for is said here.
    default_args={
        "owner": "data",
        "depends_on_past": False,
        "wait_for_downstream": False,
        "execution_timeout": None,
        "retries": 0,
        "retry_exponential_backoff": False,
        "max_retry_delay": None,
        "pool": "default_pool",
    },
    tags=[],
) as dag:
    step_by_day = BashOperator(
        task_id="by_day",
        outlets=[
            Asset(name="daily_sales.by_day", uri="etlc://daily_sales.by_day"),
        ],
        bash_command="exec etlc exec sql --dialect duckdb --connection ETLC_CONNECTION_WAREHOUSE \"${ETLC_FILES}\"/by_day.sql",
        env={
            "ETLC_RUN_DATE": "{{ etlc_run_date(dag_run) }}",
            "ETLC_OUTPUT_BY_DAY": "daily_sales__by_day",
            "ETLC_CONNECTION_WAREHOUSE": "warehouse.duckdb",
        } | {"ETLC_FILES": str(FILES / "by_day")},
        append_env=True,
        cwd=".",
        skip_on_exit_code=None,
        do_xcom_push=False,
    )
    step_report = BashOperator(
        task_id="report",
        outlets=[
            Asset(name="daily_sales.report", uri="etlc://daily_sales.report"),
        ],
        bash_command=(
            "export ETLC_OUTPUT_REPORT=artifacts/daily_sales/report/report/\"${ETLC_RUN_ID}\"\n"
            "exec python \"${ETLC_FILES}\"/report.py --day \"${ETLC_RUN_DATE}\""
        ),
        env={
            "ETLC_RUN_DATE": "{{ etlc_run_date(dag_run) }}",
            "ETLC_INPUT_BY_DAY": "daily_sales__by_day",
            "ETLC_RUN_ID": "{{ etlc_run_id(dag_run) }}",
        } | {"ETLC_FILES": str(FILES / "report")},
        append_env=True,
        cwd=".",
        skip_on_exit_code=None,
        do_xcom_push=False,
    )

    step_by_day >> step_report
