"Rendered by etlc from pipelines/size_forecast/pipeline.yaml. Changes belong there or in the platform."

from __future__ import annotations

import hashlib
import re
from datetime import timedelta
from pathlib import Path

import pendulum
from airflow.providers.standard.operators.bash import BashOperator
from airflow.providers.standard.operators.empty import EmptyOperator
from airflow.sdk import DAG, Asset, Param
from airflow.timetables.trigger import CronTriggerTimetable

FILES = Path(__file__).resolve().parent.parent / "files" / "size_forecast"


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
    step_features = BashOperator(
        task_id="features",
        retries=2,
        retry_delay=timedelta(seconds=60),
        retry_exponential_backoff=True,
        execution_timeout=timedelta(seconds=3600),
        outlets=[
            Asset(name="size_forecast.size_features", uri="etlc://size_forecast.size_features"),
        ],
        bash_command="exec etlc exec sql --dialect duckdb --connection ETLC_CONNECTION_WAREHOUSE \"${ETLC_FILES}\"/features.sql",
        env={
            "ETLC_RUN_DATE": "{{ etlc_run_date(dag_run) }}",
            "ETLC_OUTPUT_SIZE_FEATURES": "mart.size_forecast__size_features",
            "ETLC_CONNECTION_WAREHOUSE": "warehouse.duckdb",
        } | {"ETLC_FILES": str(FILES / "features")},
        append_env=True,
        cwd=".",
        skip_on_exit_code=None,
        do_xcom_push=False,
    )
    step_train = BashOperator(
        task_id="train",
        retries=2,
        retry_delay=timedelta(seconds=60),
        retry_exponential_backoff=True,
        execution_timeout=timedelta(seconds=3600),
        outlets=[
            Asset(name="size_forecast.model", uri="etlc://size_forecast.model"),
        ],
        bash_command=(
            "export ETLC_OUTPUT_MODEL=artifacts/size_forecast/train/model/\"${ETLC_RUN_ID}\"\n"
            "exec python \"${ETLC_FILES}\"/train.py --as-of \"${ETLC_RUN_DATE}\""
        ),
        env={
            "ETLC_RUN_DATE": "{{ etlc_run_date(dag_run) }}",
            "ETLC_INPUT_SIZE_FEATURES": "mart.size_forecast__size_features",
            "ETLC_RUN_ID": "{{ etlc_run_id(dag_run) }}",
            "ETLC_CONNECTION_WAREHOUSE": "warehouse.duckdb",
            "TZ": "UTC",
        } | {"ETLC_FILES": str(FILES / "train")},
        append_env=True,
        cwd=".",
        skip_on_exit_code=None,
        do_xcom_push=False,
    )
    step_score_region_us_2741156a = BashOperator(
        task_id="score.region.us",
        retries=2,
        retry_delay=timedelta(seconds=60),
        retry_exponential_backoff=True,
        execution_timeout=timedelta(seconds=3600),
        bash_command=(
            "export ETLC_STEP_TRAIN_OUTPUT_MODEL=artifacts/size_forecast/train/model/\"${ETLC_RUN_ID}\"\n"
            "export ETLC_OUTPUT_FORECAST=artifacts/size_forecast/score-region-us/forecast/\"${ETLC_RUN_ID}\"\n"
            "exec python \"${ETLC_FILES}\"/score.py --region us --horizon-days \"${ETLC_PARAM_HORIZON_DAYS}\" --model \"${ETLC_STEP_TRAIN_OUTPUT_MODEL}\""
        ),
        env={
            "ETLC_PARAM_HORIZON_DAYS": "{{ params['horizon_days'] }}",
            "ETLC_RUN_ID": "{{ etlc_run_id(dag_run) }}",
            "TZ": "UTC",
        } | {"ETLC_FILES": str(FILES / "score.region.us")},
        append_env=True,
        cwd=".",
        skip_on_exit_code=None,
        do_xcom_push=False,
    )
    step_score_region_uk_60e5034f = BashOperator(
        task_id="score.region.uk",
        retries=2,
        retry_delay=timedelta(seconds=60),
        retry_exponential_backoff=True,
        execution_timeout=timedelta(seconds=3600),
        bash_command=(
            "export ETLC_STEP_TRAIN_OUTPUT_MODEL=artifacts/size_forecast/train/model/\"${ETLC_RUN_ID}\"\n"
            "export ETLC_OUTPUT_FORECAST=artifacts/size_forecast/score-region-uk/forecast/\"${ETLC_RUN_ID}\"\n"
            "exec python \"${ETLC_FILES}\"/score.py --region uk --horizon-days \"${ETLC_PARAM_HORIZON_DAYS}\" --model \"${ETLC_STEP_TRAIN_OUTPUT_MODEL}\""
        ),
        env={
            "ETLC_PARAM_HORIZON_DAYS": "{{ params['horizon_days'] }}",
            "ETLC_RUN_ID": "{{ etlc_run_id(dag_run) }}",
            "TZ": "UTC",
        } | {"ETLC_FILES": str(FILES / "score.region.uk")},
        append_env=True,
        cwd=".",
        skip_on_exit_code=None,
        do_xcom_push=False,
    )
    step_size_curves = BashOperator(
        task_id="size_curves",
        retries=2,
        retry_delay=timedelta(seconds=60),
        retry_exponential_backoff=True,
        execution_timeout=timedelta(seconds=3600),
        outlets=[
            Asset(name="size_forecast.size_curves", uri="etlc://size_forecast.size_curves"),
        ],
        bash_command=(
            "export ETLC_STEP_SCORE_REGION_US_OUTPUT_FORECAST=artifacts/size_forecast/score-region-us/forecast/\"${ETLC_RUN_ID}\"\n"
            "export ETLC_STEP_SCORE_REGION_UK_OUTPUT_FORECAST=artifacts/size_forecast/score-region-uk/forecast/\"${ETLC_RUN_ID}\"\n"
            "exec etlc exec sql --dialect duckdb --connection ETLC_CONNECTION_WAREHOUSE \"${ETLC_FILES}\"/size_curves.sql"
        ),
        env={
            "ETLC_RUN_ID": "{{ etlc_run_id(dag_run) }}",
            "ETLC_OUTPUT_SIZE_CURVES": "mart.size_forecast__size_curves",
            "ETLC_CONNECTION_WAREHOUSE": "warehouse.duckdb",
        } | {"ETLC_FILES": str(FILES / "size_curves")},
        append_env=True,
        cwd=".",
        skip_on_exit_code=None,
        do_xcom_push=False,
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
