"Rendered by etlc from pipelines/size_forecast/pipeline.yaml. Changes belong there or in the platform."

from __future__ import annotations

import hashlib
import re
from datetime import timedelta

import pendulum
from airflow.providers.cncf.kubernetes.operators.pod import KubernetesPodOperator
from airflow.providers.standard.operators.empty import EmptyOperator
from airflow.sdk import DAG, Asset, Param
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
    dag_id="size_forecast",
    description="How many units of each size each region will sell.",
    schedule=CronTriggerTimetable("0 6 * * *", timezone="America/Los_Angeles"),
    start_date=pendulum.parse("2026-01-01", tz="America/Los_Angeles"),
    catchup=False,
    max_active_runs=1,
    max_active_tasks=16,
    max_consecutive_failed_dag_runs=0,
    is_paused_upon_creation=False,
    dagrun_timeout=timedelta(seconds=21600),
    render_template_as_native_obj=False,
    user_defined_macros={
        "etlc_run_date": etlc_run_date,
        "etlc_run_id": etlc_run_id,
    },
    # What a site may have other defaults for is said here.
    default_args={
        "owner": "forecasting",
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
    params={
        "horizon_days": Param(
            28,
            type="integer",
            minimum=1,
            maximum=365,
            description="Days to look ahead.",
        ),
    },
    tags=["forecast", "tier-1"],
) as dag:
    step_features = KubernetesPodOperator(
        task_id="features",
        retries=2,
        retry_delay=timedelta(seconds=60),
        retry_exponential_backoff=True,
        execution_timeout=timedelta(seconds=3600),
        outlets=[
            Asset(name="size_forecast.size_features", uri="etlc://size_forecast.size_features"),
        ],
        pod_template_dict={
            "apiVersion": "v1",
            "kind": "Pod",
            "metadata": {
                "labels": {
                    "etlc.dev/pipeline": "size_forecast",
                    "etlc.dev/step": "features",
                    "etlc.dev/team": "forecasting",
                },
                "name": "size-forecast-features",
                "namespace": "etl",
            },
            "spec": {
                "restartPolicy": "Never",
                "serviceAccountName": "etl",
                "containers": [
                    {
                        "name": "base",
                        "image": "registry.acme.dev/etlc-duckdb:0.1",
                        "command": ["etlc", "exec", "sql"],
                        "args": [
                            "--dialect",
                            "duckdb",
                            "--connection",
                            "ETLC_CONNECTION_WAREHOUSE",
                            "$(ETLC_FILES)/features.sql",
                        ],
                        "env": [
                            {"name": "ETLC_FILES", "value": "/etlc/files"},
                            {"name": "ETLC_RUN_DATE", "value": "{{ etlc_run_date(dag_run) }}"},
                            {
                                "name": "ETLC_OUTPUT_SIZE_FEATURES",
                                "value": "mart.size_forecast__size_features",
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
                "volumes": [{"name": "files", "configMap": {"name": "size-forecast-features-3e3d4d9fe7"}}],
            },
        },
    )
    step_train = KubernetesPodOperator(
        task_id="train",
        retries=2,
        retry_delay=timedelta(seconds=60),
        retry_exponential_backoff=True,
        execution_timeout=timedelta(seconds=3600),
        outlets=[
            Asset(name="size_forecast.model", uri="etlc://size_forecast.model"),
        ],
        pod_template_dict={
            "apiVersion": "v1",
            "kind": "Pod",
            "metadata": {
                "labels": {
                    "etlc.dev/pipeline": "size_forecast",
                    "etlc.dev/step": "train",
                    "etlc.dev/team": "forecasting",
                },
                "name": "size-forecast-train",
                "namespace": "etl",
            },
            "spec": {
                "restartPolicy": "Never",
                "serviceAccountName": "etl",
                "containers": [
                    {
                        "name": "base",
                        "image": "registry.acme.dev/py:3.12-7",
                        "command": ["python"],
                        "args": ["$(ETLC_FILES)/train.py", "--as-of", "$(ETLC_RUN_DATE)"],
                        "env": [
                            {"name": "ETLC_FILES", "value": "/etlc/files"},
                            {"name": "ETLC_RUN_DATE", "value": "{{ etlc_run_date(dag_run) }}"},
                            {
                                "name": "ETLC_INPUT_SIZE_FEATURES",
                                "value": "mart.size_forecast__size_features",
                            },
                            {"name": "ETLC_RUN_ID", "value": "{{ etlc_run_id(dag_run) }}"},
                            {
                                "name": "ETLC_OUTPUT_MODEL",
                                "value": "s3://acme-prod/forecasting/size_forecast/train/model/$(ETLC_RUN_ID)",
                            },
                            {"name": "TZ", "value": "UTC"},
                            {
                                "name": "ETLC_CONNECTION_WAREHOUSE",
                                "valueFrom": {"secretKeyRef": {"name": "warehouse", "key": "dsn"}},
                            },
                        ],
                        "resources": {
                            "requests": {"cpu": "4", "memory": "16Gi"},
                            "limits": {"memory": "16Gi"},
                        },
                        "volumeMounts": [{"name": "files", "mountPath": "/etlc/files", "readOnly": True}],
                    },
                ],
                "volumes": [{"name": "files", "configMap": {"name": "size-forecast-train-c23d735037"}}],
            },
        },
    )
    step_score_region_us_2741156a = KubernetesPodOperator(
        task_id="score.region.us",
        retries=2,
        retry_delay=timedelta(seconds=60),
        retry_exponential_backoff=True,
        execution_timeout=timedelta(seconds=3600),
        pod_template_dict={
            "apiVersion": "v1",
            "kind": "Pod",
            "metadata": {
                "labels": {
                    "etlc.dev/pipeline": "size_forecast",
                    "etlc.dev/step": "score.region.us",
                    "etlc.dev/team": "forecasting",
                },
                "annotations": {
                    "etlc.dev/step": "score[region=us]",
                    "etlc.dev/param-horizon_days": "{{ params['horizon_days'] }}",
                },
                "name": "size-forecast-score-region-us",
                "namespace": "etl",
            },
            "spec": {
                "restartPolicy": "Never",
                "serviceAccountName": "etl",
                "containers": [
                    {
                        "name": "base",
                        "image": "registry.acme.dev/py:3.12-7",
                        "command": ["python"],
                        "args": [
                            "$(ETLC_FILES)/score.py",
                            "--region",
                            "us",
                            "--horizon-days",
                            "$(ETLC_PARAM_HORIZON_DAYS)",
                            "--model",
                            "$(ETLC_STEP_TRAIN_OUTPUT_MODEL)",
                        ],
                        "env": [
                            {"name": "ETLC_FILES", "value": "/etlc/files"},
                            {
                                "name": "ETLC_PARAM_HORIZON_DAYS",
                                "valueFrom": {
                                    "fieldRef": {
                                        "apiVersion": "v1",
                                        "fieldPath": "metadata.annotations['etlc.dev/param-horizon_days']",
                                    },
                                },
                            },
                            {"name": "ETLC_RUN_ID", "value": "{{ etlc_run_id(dag_run) }}"},
                            {
                                "name": "ETLC_STEP_TRAIN_OUTPUT_MODEL",
                                "value": "s3://acme-prod/forecasting/size_forecast/train/model/$(ETLC_RUN_ID)",
                            },
                            {
                                "name": "ETLC_OUTPUT_FORECAST",
                                "value": "s3://acme-prod/forecasting/size_forecast/score-region-us/forecast/$(ETLC_RUN_ID)",
                            },
                            {"name": "TZ", "value": "UTC"},
                        ],
                        "resources": {
                            "requests": {"cpu": "500m", "memory": "1Gi"},
                            "limits": {"memory": "1Gi"},
                        },
                        "volumeMounts": [{"name": "files", "mountPath": "/etlc/files", "readOnly": True}],
                    },
                ],
                "volumes": [{"name": "files", "configMap": {"name": "size-forecast-score-58af1b8ee4"}}],
            },
        },
    )
    step_score_region_uk_60e5034f = KubernetesPodOperator(
        task_id="score.region.uk",
        retries=2,
        retry_delay=timedelta(seconds=60),
        retry_exponential_backoff=True,
        execution_timeout=timedelta(seconds=3600),
        pod_template_dict={
            "apiVersion": "v1",
            "kind": "Pod",
            "metadata": {
                "labels": {
                    "etlc.dev/pipeline": "size_forecast",
                    "etlc.dev/step": "score.region.uk",
                    "etlc.dev/team": "forecasting",
                },
                "annotations": {
                    "etlc.dev/step": "score[region=uk]",
                    "etlc.dev/param-horizon_days": "{{ params['horizon_days'] }}",
                },
                "name": "size-forecast-score-region-uk",
                "namespace": "etl",
            },
            "spec": {
                "restartPolicy": "Never",
                "serviceAccountName": "etl",
                "containers": [
                    {
                        "name": "base",
                        "image": "registry.acme.dev/py:3.12-7",
                        "command": ["python"],
                        "args": [
                            "$(ETLC_FILES)/score.py",
                            "--region",
                            "uk",
                            "--horizon-days",
                            "$(ETLC_PARAM_HORIZON_DAYS)",
                            "--model",
                            "$(ETLC_STEP_TRAIN_OUTPUT_MODEL)",
                        ],
                        "env": [
                            {"name": "ETLC_FILES", "value": "/etlc/files"},
                            {
                                "name": "ETLC_PARAM_HORIZON_DAYS",
                                "valueFrom": {
                                    "fieldRef": {
                                        "apiVersion": "v1",
                                        "fieldPath": "metadata.annotations['etlc.dev/param-horizon_days']",
                                    },
                                },
                            },
                            {"name": "ETLC_RUN_ID", "value": "{{ etlc_run_id(dag_run) }}"},
                            {
                                "name": "ETLC_STEP_TRAIN_OUTPUT_MODEL",
                                "value": "s3://acme-prod/forecasting/size_forecast/train/model/$(ETLC_RUN_ID)",
                            },
                            {
                                "name": "ETLC_OUTPUT_FORECAST",
                                "value": "s3://acme-prod/forecasting/size_forecast/score-region-uk/forecast/$(ETLC_RUN_ID)",
                            },
                            {"name": "TZ", "value": "UTC"},
                        ],
                        "resources": {
                            "requests": {"cpu": "500m", "memory": "1Gi"},
                            "limits": {"memory": "1Gi"},
                        },
                        "volumeMounts": [{"name": "files", "mountPath": "/etlc/files", "readOnly": True}],
                    },
                ],
                "volumes": [{"name": "files", "configMap": {"name": "size-forecast-score-58af1b8ee4"}}],
            },
        },
    )
    step_size_curves = KubernetesPodOperator(
        task_id="size_curves",
        retries=2,
        retry_delay=timedelta(seconds=60),
        retry_exponential_backoff=True,
        execution_timeout=timedelta(seconds=3600),
        outlets=[
            Asset(name="size_forecast.size_curves", uri="etlc://size_forecast.size_curves"),
        ],
        pod_template_dict={
            "apiVersion": "v1",
            "kind": "Pod",
            "metadata": {
                "labels": {
                    "etlc.dev/pipeline": "size_forecast",
                    "etlc.dev/step": "size_curves",
                    "etlc.dev/team": "forecasting",
                },
                "name": "size-forecast-size-curves",
                "namespace": "etl",
            },
            "spec": {
                "restartPolicy": "Never",
                "serviceAccountName": "etl",
                "containers": [
                    {
                        "name": "base",
                        "image": "registry.acme.dev/etlc-duckdb:0.1",
                        "command": ["etlc", "exec", "sql"],
                        "args": [
                            "--dialect",
                            "duckdb",
                            "--connection",
                            "ETLC_CONNECTION_WAREHOUSE",
                            "$(ETLC_FILES)/size_curves.sql",
                        ],
                        "env": [
                            {"name": "ETLC_FILES", "value": "/etlc/files"},
                            {"name": "ETLC_RUN_ID", "value": "{{ etlc_run_id(dag_run) }}"},
                            {
                                "name": "ETLC_STEP_SCORE_REGION_US_OUTPUT_FORECAST",
                                "value": "s3://acme-prod/forecasting/size_forecast/score-region-us/forecast/$(ETLC_RUN_ID)",
                            },
                            {
                                "name": "ETLC_STEP_SCORE_REGION_UK_OUTPUT_FORECAST",
                                "value": "s3://acme-prod/forecasting/size_forecast/score-region-uk/forecast/$(ETLC_RUN_ID)",
                            },
                            {
                                "name": "ETLC_OUTPUT_SIZE_CURVES",
                                "value": "mart.size_forecast__size_curves",
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
                "volumes": [
                    {
                        "name": "files",
                        "configMap": {"name": "size-forecast-size-curves-d44724c2a0"},
                    },
                ],
            },
        },
    )
    updated_forecast = EmptyOperator(
        task_id="updated.forecast",
        outlets=[Asset(name="size_forecast.forecast", uri="etlc://size_forecast.forecast")],
    )

    step_features >> step_train
    step_train >> step_score_region_us_2741156a
    step_score_region_us_2741156a >> updated_forecast
    step_train >> step_score_region_uk_60e5034f
    step_score_region_uk_60e5034f >> updated_forecast
    step_score_region_us_2741156a >> step_size_curves
    step_score_region_uk_60e5034f >> step_size_curves
