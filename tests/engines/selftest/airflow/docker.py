"Rendered by etlc from pipelines/good/pipeline.yaml. Changes belong there or in the platform."

from __future__ import annotations

import hashlib
import os
import re
from datetime import timedelta
from pathlib import Path

import pendulum
from airflow.providers.docker.operators.docker import DockerOperator
from airflow.providers.standard.operators.empty import EmptyOperator
from airflow.providers.standard.operators.python import ShortCircuitOperator
from airflow.sdk import DAG, Asset, Param
from airflow.timetables.trigger import CronTriggerTimetable
from docker.types import DeviceRequest, Mount

FILES = Path(__file__).resolve().parent.parent / "files" / "good"


class SecretDockerOperator(DockerOperator):
    """Gives a container secrets that the worker has as variables. They stand neither here nor in Airflow's database."""

    def __init__(self, *, secrets, **kwargs):
        super().__init__(**kwargs)
        self.secrets = secrets

    def execute(self, context):
        lacking = [name for name in self.secrets if name not in os.environ]
        if lacking:
            raise ValueError(f"the worker has no variable for these secrets: {', '.join(lacking)}")
        self.environment = {**self.environment, **{name: os.environ[name] for name in self.secrets}}
        return super().execute(context)


def etlc_instant(dag_run):
    """The instant that a run is for: the scheduled one, or the start of a run that has none."""
    return pendulum.instance(dag_run.logical_date or dag_run.run_after)


def etlc_run_date(dag_run):
    return etlc_instant(dag_run).in_timezone("America/Los_Angeles").strftime("%Y-%m-%d")


def etlc_run_timestamp(dag_run):
    return etlc_instant(dag_run).in_timezone("UTC").strftime("%Y-%m-%dT%H:%M:%SZ")


def etlc_run_id(dag_run):
    """The id of a run in characters that paths can have; a hash tells apart those that had others."""
    safe = re.sub(r"[^A-Za-z0-9._-]", "-", dag_run.run_id)
    return safe if safe == dag_run.run_id else f"{safe}-{hashlib.sha256(dag_run.run_id.encode()).hexdigest()[:8]}"


def step_fit_when(params, dag_run):
    return params["days"] > 3


with DAG(
    dag_id="good",
    schedule=CronTriggerTimetable("0 6 * * *", timezone="America/Los_Angeles"),
    catchup=False,
    max_active_runs=1,
    max_active_tasks=16,
    max_consecutive_failed_dag_runs=0,
    is_paused_upon_creation=False,
    dagrun_timeout=timedelta(seconds=21600),
    render_template_as_native_obj=False,
    user_defined_macros={
        "etlc_run_date": etlc_run_date,
        "etlc_run_timestamp": etlc_run_timestamp,
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
        "network_mode": "etl",
        "auto_remove": "force",
        "mount_tmp_dir": False,
    },
    params={
        "days": Param(
            28,
            type="integer",
        ),
        "label": Param(
            "run.sh",
            type="string",
        ),
        "dry": Param(
            False,
            type="boolean",
        ),
    },
    tags=[],
) as dag:
    step_load = SecretDockerOperator(
        task_id="load",
        retries=2,
        retry_delay=timedelta(seconds=60),
        execution_timeout=timedelta(seconds=3600),
        image="registry.acme.dev/py.sh{{ '' }}",
        force_pull=True,
        # The command is the whole of it, whatever entrypoint the image has.
        entrypoint=[""],
        command=[
            "python",
            "/etlc/files/load.py",
            "{{ '{' }}{{ etlc_run_date(dag_run) }}",
            "{{ params['label'] }}",
            "x.env{{ '' }}",
            "[1, 2]",
            "$$(HOME) {{ '{' }}{ x }}{{ '{' }}#{{ '\\n' }}",
        ],
        environment={
            "ETLC_FILES": "/etlc/files",
            "ETLC_RUN_DATE": "{{ etlc_run_date(dag_run) }}",
            "ETLC_PARAM_LABEL": "{{ params['label'] }}",
            "ETLC_PARAM_DAYS": "{{ params['days'] }}",
            "FILE": "/etlc/files/run.sh{{ '' }}",
            "DAYS": "{{ '{' }}{{ params['days'] }}}{{ '\\r\\n' }}",
            "EMPTY": "",
            "QUOTED": "'\"\\ \xe9\u2028",
            "TZ": "UTC",
        },
        secrets=["TOKEN"],
        mounts=[Mount(target="/etlc/files", source=f"{FILES}/" + "load/", type="bind", read_only=True)],
        cpus=0.5,
        mem_limit=1073741824,
        labels={"etlc.dev/pipeline": "good", "etlc.dev/step": "load", "etlc.dev/team": "data"},
        do_xcom_push=False,
    )
    step_fit_when = ShortCircuitOperator(
        task_id="fit.when",
        python_callable=step_fit_when,
        trigger_rule="all_success",
        # Steps after the one that is skipped follow their own rules.
        ignore_downstream_trigger_rules=False,
    )
    step_fit = DockerOperator(
        task_id="fit",
        image="registry.acme.dev/fit@sha256:4bcff63911fcb4448bd4fdacec207030997caf25e9bea4045fa6c8c44de311d1",
        # The command is the whole of it, whatever entrypoint the image has.
        entrypoint=[""],
        command=["run.sh{{ '' }}", "{{ etlc_run_id(dag_run) }}", "{{ ti.try_number }}"],
        environment={
            "ETLC_RUN_ID": "{{ etlc_run_id(dag_run) }}",
            "ETLC_RUN_ATTEMPT": "{{ ti.try_number }}",
            "ETLC_PARAM_DAYS": "{{ params['days'] }}",
        },
        cpus=2.0,
        mem_limit=2000000000,
        device_requests=[DeviceRequest(count=2, capabilities=[["gpu"]])],
        labels={"etlc.dev/pipeline": "good", "etlc.dev/step": "fit", "etlc.dev/team": "data"},
        do_xcom_push=False,
    )
    step_count = SecretDockerOperator(
        task_id="count",
        trigger_rule="all_done",
        outlets=[
            Asset(name="good.count", uri="etlc://good.count"),
        ],
        image="registry.acme.dev:5000/sql:17",
        # The command is the whole of it, whatever entrypoint the image has.
        entrypoint=[""],
        command=[
            "etlc",
            "exec",
            "sql",
            "--dialect",
            "postgres",
            "--connection",
            "ETLC_CONNECTION_WAREHOUSE",
            "--type",
            "params.label=string,params.dry=boolean",
            "/etlc/files/count.sql",
        ],
        environment={
            "ETLC_FILES": "/etlc/files",
            "ETLC_PARAM_LABEL": "{{ params['label'] }}",
            "ETLC_RUN_TIMESTAMP": "{{ etlc_run_timestamp(dag_run) }}",
            "ETLC_PARAM_DRY": "{{ params['dry'] | tojson }}",
            "ETLC_OUTPUT_COUNT": "good__count",
        },
        secrets=["ETLC_CONNECTION_WAREHOUSE"],
        mounts=[Mount(target="/etlc/files", source=f"{FILES}/" + "count/", type="bind", read_only=True)],
        cpus=0.5,
        mem_limit=1073741824,
        labels={"etlc.dev/pipeline": "good", "etlc.dev/step": "count", "etlc.dev/team": "data"},
        do_xcom_push=False,
    )
    step_plain = DockerOperator(
        task_id="plain",
        image="alpine:3",
        # The command is the whole of it, whatever entrypoint the image has.
        entrypoint=[""],
        command=["true"],
        environment={},
        cpus=0.5,
        mem_limit=1073741824,
        labels={"etlc.dev/pipeline": "good", "etlc.dev/step": "plain", "etlc.dev/team": "data"},
        do_xcom_push=False,
    )
    step_notify_oncall_5869120b = SecretDockerOperator(
        task_id="notify.oncall-5869120b",
        trigger_rule="one_failed",
        retries=2,
        retry_delay=timedelta(seconds=30),
        execution_timeout=timedelta(seconds=300),
        image="registry.acme.dev/etlc:1",
        # The command is the whole of it, whatever entrypoint the image has.
        entrypoint=[""],
        command=[
            "etlc",
            "exec",
            "notify",
            "--slack",
            "#oncall",
            "--secret",
            "ETLC_CHANNEL_ONCALL",
            "--pipeline",
            "good",
            "--environment",
            "docker",
            "--team",
            "data",
            "--run",
            "{{ etlc_run_id(dag_run) }}",
            "--source",
            "pipelines/good/pipeline.yaml",
        ],
        environment={"ETLC_RUN_ID": "{{ etlc_run_id(dag_run) }}"},
        secrets=["ETLC_CHANNEL_ONCALL"],
        labels={
            "etlc.dev/pipeline": "good",
            "etlc.dev/step": "notify.oncall-5869120b",
            "etlc.dev/team": "data",
        },
        do_xcom_push=False,
    )
    # A step that runs after a failure must not make the run a success.
    all_succeeded = EmptyOperator(task_id="all_succeeded", trigger_rule="none_failed")

    step_load >> all_succeeded
    step_load >> step_notify_oncall_5869120b
    step_load >> step_fit_when
    step_fit_when >> step_fit
    step_fit >> all_succeeded
    step_fit >> step_notify_oncall_5869120b
    step_load >> step_count
    step_count >> all_succeeded
    step_count >> step_notify_oncall_5869120b
    step_plain >> all_succeeded
    step_plain >> step_notify_oncall_5869120b
