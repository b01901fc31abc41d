"Rendered by etlc from pipelines/daily_sales/pipeline.yaml. Changes belong there or in the platform."

from __future__ import annotations

import hashlib
import re
from datetime import timedelta

import pendulum
from airflow.providers.cncf.kubernetes.operators.pod import KubernetesPodOperator
from airflow.sdk import DAG, Asset
from airflow.timetables.trigger import CronTriggerTimetable


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
        "startup_timeout_seconds": 600,
        "on_finish_action": "delete_pod",
        "deferrable": False,
    },
    tags=[],
) as dag:
    step_by_day = KubernetesPodOperator(
        task_id="by_day",
        outlets=[
            Asset(name="daily_sales.by_day", uri="etlc://daily_sales.by_day"),
        ],
        pod_template_dict={
            "apiVersion": "v1",
            "kind": "Pod",
            "metadata": {
                "labels": {
                    "etlc.dev/pipeline": "daily_sales",
                    "etlc.dev/step": "by_day",
                    "etlc.dev/team": "data",
                },
                "name": "daily-sales-by-day",
                "namespace": "etl",
            },
            "spec": {
                "restartPolicy": "Never",
                "serviceAccountName": "etl",
                "containers": [
                    {
                        "name": "base",
                        "image": "ghcr.io/etlc/etlc-postgres:0.1",
                        "command": ["etlc", "exec", "sql"],
                        "args": [
                            "--dialect",
                            "postgres",
                            "--connection",
                            "ETLC_CONNECTION_WAREHOUSE",
                            "$(ETLC_FILES)/by_day.sql",
                        ],
                        "env": [
                            {"name": "ETLC_FILES", "value": "/etlc/files"},
                            {"name": "ETLC_RUN_DATE", "value": "{{ etlc_run_date(dag_run) }}"},
                            {
                                "name": "ETLC_OUTPUT_BY_DAY",
                                "value": "analytics.daily_sales__by_day",
                            },
                            {
                                "name": "ETLC_CONNECTION_WAREHOUSE",
                                "valueFrom": {"secretKeyRef": {"name": "warehouse", "key": "dsn"}},
                            },
                        ],
                        "resources": {
                            "requests": {"cpu": "500m", "memory": "1Gi"},
                            "limits": {"memory": "1Gi"},
                        },
                        "volumeMounts": [{"name": "files", "mountPath": "/etlc/files", "readOnly": True}],
                    },
                ],
                "volumes": [{"name": "files", "configMap": {"name": "daily-sales-by-day-28c48848c2"}}],
            },
        },
    )
    step_report = KubernetesPodOperator(
        task_id="report",
        outlets=[
            Asset(name="daily_sales.report", uri="etlc://daily_sales.report"),
        ],
        pod_template_dict={
            "apiVersion": "v1",
            "kind": "Pod",
            "metadata": {
                "labels": {
                    "etlc.dev/pipeline": "daily_sales",
                    "etlc.dev/step": "report",
                    "etlc.dev/team": "data",
                },
                "name": "daily-sales-report",
                "namespace": "etl",
            },
            "spec": {
                "restartPolicy": "Never",
                "serviceAccountName": "etl",
                "containers": [
                    {
                        "name": "base",
                        "image": "python:3.12-slim",
                        "command": ["python"],
                        "args": ["$(ETLC_FILES)/report.py", "--day", "$(ETLC_RUN_DATE)"],
                        "env": [
                            {"name": "ETLC_FILES", "value": "/etlc/files"},
                            {"name": "ETLC_RUN_DATE", "value": "{{ etlc_run_date(dag_run) }}"},
                            {
                                "name": "ETLC_INPUT_BY_DAY",
                                "value": "analytics.daily_sales__by_day",
                            },
                            {"name": "ETLC_RUN_ID", "value": "{{ etlc_run_id(dag_run) }}"},
                            {
                                "name": "ETLC_OUTPUT_REPORT",
                                "value": "s3://example-prod/daily_sales/report/report/$(ETLC_RUN_ID)",
                            },
                        ],
                        "resources": {
                            "requests": {"cpu": "500m", "memory": "1Gi"},
                            "limits": {"memory": "1Gi"},
                        },
                        "volumeMounts": [{"name": "files", "mountPath": "/etlc/files", "readOnly": True}],
                    },
                ],
                "volumes": [{"name": "files", "configMap": {"name": "daily-sales-report-f024164d28"}}],
            },
        },
    )

    step_by_day >> step_report
