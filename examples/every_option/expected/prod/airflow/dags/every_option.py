"Rendered by etlc from pipelines/every_option/pipeline.yaml. Changes belong there or in the platform."

from __future__ import annotations

import hashlib
import json
import re
from datetime import timedelta

import pendulum
from airflow.providers.cncf.kubernetes.operators.pod import KubernetesPodOperator
from airflow.providers.standard.operators.empty import EmptyOperator
from airflow.providers.standard.operators.python import PythonOperator, ShortCircuitOperator
from airflow.sdk import DAG, Asset, Param
from airflow.timetables.trigger import CronTriggerTimetable


def etlc_instant(dag_run):
    """The instant that a run is for: the scheduled one, or the start of a run that has none."""
    return pendulum.instance(dag_run.logical_date or dag_run.run_after)


def etlc_run_date(dag_run):
    return etlc_instant(dag_run).in_timezone("Europe/Berlin").strftime("%Y-%m-%d")


def etlc_run_timestamp(dag_run):
    return etlc_instant(dag_run).in_timezone("UTC").strftime("%Y-%m-%dT%H:%M:%SZ")


def etlc_run_id(dag_run):
    """The id of a run in characters that paths can have; a hash tells apart those that had others."""
    safe = re.sub(r"[^A-Za-z0-9._-]", "-", dag_run.run_id)
    return safe if safe == dag_run.run_id else f"{safe}-{hashlib.sha256(dag_run.run_id.encode()).hexdigest()[:8]}"


def etlc_value(ti, task_id, name, fallback=None):
    """A value that a step handed over, or the fallback where the step did not succeed."""
    values = ti.xcom_pull(task_ids=task_id)
    if values is None:
        if fallback is None:
            raise ValueError(f"{task_id} handed over no value")
        return fallback
    return values[name]


def etlc_items(items):
    """What each task of a step that runs for each item of a list is given."""
    return [{f"etlc.{name}": text for name, text in item.items()} for item in json.loads(items)]


def step_letter_items(ti):
    return etlc_items(etlc_value(ti, "segments", "segments[]"))


def step_train_country_de_8e48bea2_when(params, dag_run):
    return (params["days"] >= 7) or (params["full_refresh"] == True)


def step_train_country_fr_f3629313_when(params, dag_run):
    return (params["days"] >= 7) or (params["full_refresh"] == True)


with DAG(
    dag_id="every_option",
    description="Shows every option of a step. A reference to read, not a pipeline to copy.",
    schedule=CronTriggerTimetable("15 5 * * 1-5", timezone="Europe/Berlin"),
    start_date=pendulum.parse("2026-01-01", tz="Europe/Berlin"),
    catchup=False,
    max_active_runs=1,
    max_active_tasks=16,
    max_consecutive_failed_dag_runs=0,
    is_paused_upon_creation=False,
    dagrun_timeout=timedelta(seconds=28800),
    render_template_as_native_obj=False,
    user_defined_macros={
        "etlc_run_date": etlc_run_date,
        "etlc_run_timestamp": etlc_run_timestamp,
        "etlc_run_id": etlc_run_id,
    },
    # What a site may have other defaults for is said here.
    default_args={
        "owner": "growth",
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
        "days": Param(
            7,
            type="integer",
            minimum=1,
            maximum=90,
            description="Days to look back.",
        ),
        "full_refresh": Param(
            False,
            type="boolean",
            description="Rebuilds everything.",
        ),
        "segment": Param(
            "all",
            type="string",
            enum=["all", "new", "returning"],
        ),
    },
    tags=["reference"],
) as dag:
    step_daily = KubernetesPodOperator(
        task_id="daily",
        retries=3,
        retry_delay=timedelta(seconds=30),
        retry_exponential_backoff=True,
        max_retry_delay=timedelta(seconds=600),
        execution_timeout=timedelta(seconds=3600),
        outlets=[
            Asset(name="every_option.daily", uri="etlc://every_option.daily"),
        ],
        pod_template_dict={
            "apiVersion": "v1",
            "kind": "Pod",
            "metadata": {
                "labels": {
                    "cost-center": "growth",
                    "etlc.dev/pipeline": "every_option",
                    "etlc.dev/step": "daily",
                    "etlc.dev/team": "growth",
                },
                "name": "every-option-daily",
                "namespace": "etl",
            },
            "spec": {
                "restartPolicy": "Never",
                "serviceAccountName": "etl",
                "initContainers": [
                    {
                        "name": "etlc-install",
                        "image": "ghcr.io/etlc/etlc:0.1",
                        "command": ["etlc", "exec", "install", "/etlc/bin/etlc"],
                        "volumeMounts": [{"name": "etlc-bin", "mountPath": "/etlc/bin"}],
                    },
                ],
                "containers": [
                    {
                        "name": "base",
                        "image": "registry.acme.dev/psql:17",
                        "command": ["/etlc/bin/etlc", "exec", "sql"],
                        "args": [
                            "--dialect",
                            "postgres",
                            "--connection",
                            "ETLC_CONNECTION_WAREHOUSE",
                            "$(ETLC_FILES)/daily.sql",
                        ],
                        "env": [
                            {"name": "ETLC_FILES", "value": "/etlc/files"},
                            {"name": "ETLC_RUN_DATE", "value": "{{ etlc_run_date(dag_run) }}"},
                            {"name": "ETLC_OUTPUT_DAILY", "value": "growth.every_option__daily"},
                            {"name": "LOG_LEVEL", "value": "info"},
                            {
                                "name": "ETLC_CONNECTION_WAREHOUSE",
                                "valueFrom": {"secretKeyRef": {"name": "warehouse", "key": "dsn"}},
                            },
                        ],
                        "resources": {
                            "requests": {"cpu": "500m", "memory": "1Gi"},
                            "limits": {"memory": "1Gi"},
                        },
                        "volumeMounts": [
                            {"name": "etlc-bin", "mountPath": "/etlc/bin", "readOnly": True},
                            {"name": "files", "mountPath": "/etlc/files", "readOnly": True},
                        ],
                    },
                ],
                "volumes": [
                    {"name": "etlc-bin", "emptyDir": {}},
                    {"name": "files", "configMap": {"name": "every-option-daily-cd00ff3d50"}},
                ],
            },
        },
    )
    step_recent = KubernetesPodOperator(
        task_id="recent",
        execution_timeout=timedelta(seconds=3600),
        outlets=[
            Asset(name="every_option.recent", uri="etlc://every_option.recent"),
        ],
        pod_template_dict={
            "apiVersion": "v1",
            "kind": "Pod",
            "metadata": {
                "labels": {
                    "cost-center": "growth",
                    "etlc.dev/pipeline": "every_option",
                    "etlc.dev/step": "recent",
                    "etlc.dev/team": "growth",
                },
                "name": "every-option-recent",
                "namespace": "etl",
            },
            "spec": {
                "restartPolicy": "Never",
                "serviceAccountName": "etl",
                "initContainers": [
                    {
                        "name": "etlc-install",
                        "image": "ghcr.io/etlc/etlc:0.1",
                        "command": ["etlc", "exec", "install", "/etlc/bin/etlc"],
                        "volumeMounts": [{"name": "etlc-bin", "mountPath": "/etlc/bin"}],
                    },
                ],
                "containers": [
                    {
                        "name": "base",
                        "image": "registry.acme.dev/psql:17",
                        "command": ["/etlc/bin/etlc", "exec", "sql"],
                        "args": [
                            "--dialect",
                            "postgres",
                            "--connection",
                            "ETLC_CONNECTION_WAREHOUSE",
                            "$(ETLC_FILES)/recent.sql",
                        ],
                        "env": [
                            {"name": "ETLC_FILES", "value": "/etlc/files"},
                            {"name": "ETLC_RUN_DATE", "value": "{{ etlc_run_date(dag_run) }}"},
                            {
                                "name": "ETLC_OUTPUT_RECENT",
                                "value": "growth.every_option__recent",
                            },
                            {"name": "LOG_LEVEL", "value": "info"},
                            {
                                "name": "ETLC_CONNECTION_WAREHOUSE",
                                "valueFrom": {"secretKeyRef": {"name": "warehouse", "key": "dsn"}},
                            },
                        ],
                        "resources": {
                            "requests": {"cpu": "500m", "memory": "1Gi"},
                            "limits": {"memory": "1Gi"},
                        },
                        "volumeMounts": [
                            {"name": "etlc-bin", "mountPath": "/etlc/bin", "readOnly": True},
                            {"name": "files", "mountPath": "/etlc/files", "readOnly": True},
                        ],
                    },
                ],
                "volumes": [
                    {"name": "etlc-bin", "emptyDir": {}},
                    {"name": "files", "configMap": {"name": "every-option-recent-71c5de9097"}},
                ],
            },
        },
    )
    step_totals = KubernetesPodOperator(
        task_id="totals",
        execution_timeout=timedelta(seconds=3600),
        outlets=[
            Asset(name="every_option.totals", uri="etlc://every_option.totals"),
        ],
        pod_template_dict={
            "apiVersion": "v1",
            "kind": "Pod",
            "metadata": {
                "labels": {
                    "cost-center": "growth",
                    "etlc.dev/pipeline": "every_option",
                    "etlc.dev/step": "totals",
                    "etlc.dev/team": "growth",
                },
                "name": "every-option-totals",
                "namespace": "etl",
            },
            "spec": {
                "restartPolicy": "Never",
                "serviceAccountName": "etl",
                "initContainers": [
                    {
                        "name": "etlc-install",
                        "image": "ghcr.io/etlc/etlc:0.1",
                        "command": ["etlc", "exec", "install", "/etlc/bin/etlc"],
                        "volumeMounts": [{"name": "etlc-bin", "mountPath": "/etlc/bin"}],
                    },
                ],
                "containers": [
                    {
                        "name": "base",
                        "image": "registry.acme.dev/psql:17",
                        "command": ["/etlc/bin/etlc", "exec", "sql"],
                        "args": [
                            "--dialect",
                            "postgres",
                            "--connection",
                            "ETLC_CONNECTION_WAREHOUSE",
                            "$(ETLC_FILES)/totals.sql",
                        ],
                        "env": [
                            {"name": "ETLC_FILES", "value": "/etlc/files"},
                            {
                                "name": "ETLC_OUTPUT_TOTALS",
                                "value": "growth.every_option__totals",
                            },
                            {"name": "LOG_LEVEL", "value": "info"},
                            {
                                "name": "ETLC_CONNECTION_WAREHOUSE",
                                "valueFrom": {"secretKeyRef": {"name": "warehouse", "key": "dsn"}},
                            },
                        ],
                        "resources": {
                            "requests": {"cpu": "500m", "memory": "1Gi"},
                            "limits": {"memory": "1Gi"},
                        },
                        "volumeMounts": [
                            {"name": "etlc-bin", "mountPath": "/etlc/bin", "readOnly": True},
                            {"name": "files", "mountPath": "/etlc/files", "readOnly": True},
                        ],
                    },
                ],
                "volumes": [
                    {"name": "etlc-bin", "emptyDir": {}},
                    {"name": "files", "configMap": {"name": "every-option-totals-5110cac722"}},
                ],
            },
        },
    )
    step_vacuum = KubernetesPodOperator(
        task_id="vacuum",
        execution_timeout=timedelta(seconds=3600),
        pod_template_dict={
            "apiVersion": "v1",
            "kind": "Pod",
            "metadata": {
                "labels": {
                    "cost-center": "growth",
                    "etlc.dev/pipeline": "every_option",
                    "etlc.dev/step": "vacuum",
                    "etlc.dev/team": "growth",
                },
                "name": "every-option-vacuum",
                "namespace": "etl",
            },
            "spec": {
                "restartPolicy": "Never",
                "serviceAccountName": "etl",
                "initContainers": [
                    {
                        "name": "etlc-install",
                        "image": "ghcr.io/etlc/etlc:0.1",
                        "command": ["etlc", "exec", "install", "/etlc/bin/etlc"],
                        "volumeMounts": [{"name": "etlc-bin", "mountPath": "/etlc/bin"}],
                    },
                ],
                "containers": [
                    {
                        "name": "base",
                        "image": "registry.acme.dev/psql:17",
                        "command": ["/etlc/bin/etlc", "exec", "sql"],
                        "args": [
                            "--dialect",
                            "postgres",
                            "--connection",
                            "ETLC_CONNECTION_WAREHOUSE",
                            "$(ETLC_FILES)/vacuum.sql",
                        ],
                        "env": [
                            {"name": "ETLC_FILES", "value": "/etlc/files"},
                            {"name": "LOG_LEVEL", "value": "info"},
                            {
                                "name": "ETLC_CONNECTION_WAREHOUSE",
                                "valueFrom": {"secretKeyRef": {"name": "warehouse", "key": "dsn"}},
                            },
                        ],
                        "resources": {
                            "requests": {"cpu": "500m", "memory": "1Gi"},
                            "limits": {"memory": "1Gi"},
                        },
                        "volumeMounts": [
                            {"name": "etlc-bin", "mountPath": "/etlc/bin", "readOnly": True},
                            {"name": "files", "mountPath": "/etlc/files", "readOnly": True},
                        ],
                    },
                ],
                "volumes": [
                    {"name": "etlc-bin", "emptyDir": {}},
                    {"name": "files", "configMap": {"name": "every-option-vacuum-34b306ee93"}},
                ],
            },
        },
    )
    step_train_country_de_8e48bea2_when = ShortCircuitOperator(
        task_id="train.country.de.when",
        python_callable=step_train_country_de_8e48bea2_when,
        trigger_rule="all_success",
        # Steps after the one that is skipped follow their own rules.
        ignore_downstream_trigger_rules=False,
    )
    step_train_country_de_8e48bea2 = KubernetesPodOperator(
        task_id="train.country.de",
        execution_timeout=timedelta(seconds=7200),
        pod_template_dict={
            "apiVersion": "v1",
            "kind": "Pod",
            "metadata": {
                "labels": {
                    "cost-center": "growth",
                    "etlc.dev/pipeline": "every_option",
                    "etlc.dev/step": "train.country.de",
                    "etlc.dev/team": "growth",
                },
                "annotations": {
                    "etlc.dev/step": "train[country=de]",
                    "etlc.dev/param-days": "{{ params['days'] }}",
                    "etlc.dev/param-segment": "{{ params['segment'] }}",
                    "etlc.dev/param-full_refresh": "{{ params['full_refresh'] | tojson }}",
                },
                "name": "every-option-train-country-de",
                "namespace": "etl",
            },
            "spec": {
                "restartPolicy": "Never",
                "serviceAccountName": "etl",
                "nodeSelector": {"pool": "gpu"},
                "tolerations": [{"key": "nvidia.com/gpu", "operator": "Exists", "effect": "NoSchedule"}],
                "containers": [
                    {
                        "name": "base",
                        "image": "registry.acme.dev/torch:2.9",
                        "command": ["python"],
                        "args": [
                            "$(ETLC_FILES)/train.py",
                            "--country",
                            "de",
                            "--days",
                            "$(ETLC_PARAM_DAYS)",
                            "--attempt",
                            "$(ETLC_RUN_ATTEMPT)",
                        ],
                        "env": [
                            {"name": "ETLC_FILES", "value": "/etlc/files"},
                            {
                                "name": "ETLC_PARAM_DAYS",
                                "valueFrom": {
                                    "fieldRef": {
                                        "apiVersion": "v1",
                                        "fieldPath": "metadata.annotations['etlc.dev/param-days']",
                                    },
                                },
                            },
                            {"name": "ETLC_RUN_ATTEMPT", "value": "{{ ti.try_number }}"},
                            {
                                "name": "ETLC_PARAM_SEGMENT",
                                "valueFrom": {
                                    "fieldRef": {
                                        "apiVersion": "v1",
                                        "fieldPath": "metadata.annotations['etlc.dev/param-segment']",
                                    },
                                },
                            },
                            {"name": "ETLC_RUN_ID", "value": "{{ etlc_run_id(dag_run) }}"},
                            {
                                "name": "ETLC_RUN_TIMESTAMP",
                                "value": "{{ etlc_run_timestamp(dag_run) }}",
                            },
                            {
                                "name": "ETLC_INPUT_RECENT",
                                "value": "growth.every_option__recent",
                            },
                            {
                                "name": "ETLC_OUTPUT_MODEL",
                                "value": "s3://acme-prod/every_option/train-country-de/model/$(ETLC_RUN_ID)",
                            },
                            {
                                "name": "ETLC_OUTPUT_REPORT",
                                "value": "s3://acme-archive/every_option/train-country-de/report/$(ETLC_RUN_ID)",
                            },
                            {
                                "name": "ETLC_PARAM_FULL_REFRESH",
                                "valueFrom": {
                                    "fieldRef": {
                                        "apiVersion": "v1",
                                        "fieldPath": "metadata.annotations['etlc.dev/param-full_refresh']",
                                    },
                                },
                            },
                            {"name": "LOG_LEVEL", "value": "info"},
                            {"name": "SEGMENT", "value": "$(ETLC_PARAM_SEGMENT)"},
                            {"name": "RUN", "value": "$(ETLC_RUN_ID) at $(ETLC_RUN_TIMESTAMP)"},
                            {
                                "name": "TRACKING_TOKEN",
                                "valueFrom": {"secretKeyRef": {"name": "tracking", "key": "token"}},
                            },
                        ],
                        "resources": {
                            "requests": {"cpu": "4", "memory": "32Gi", "ephemeral-storage": "20Gi"},
                            "limits": {
                                "cpu": "8",
                                "memory": "32Gi",
                                "ephemeral-storage": "20Gi",
                                "nvidia.com/gpu": "1",
                            },
                        },
                        "volumeMounts": [{"name": "files", "mountPath": "/etlc/files", "readOnly": True}],
                    },
                ],
                "volumes": [{"name": "files", "configMap": {"name": "every-option-train-58ac8b36ae"}}],
            },
        },
    )
    step_train_country_fr_f3629313_when = ShortCircuitOperator(
        task_id="train.country.fr.when",
        python_callable=step_train_country_fr_f3629313_when,
        trigger_rule="all_success",
        # Steps after the one that is skipped follow their own rules.
        ignore_downstream_trigger_rules=False,
    )
    step_train_country_fr_f3629313 = KubernetesPodOperator(
        task_id="train.country.fr",
        execution_timeout=timedelta(seconds=7200),
        pod_template_dict={
            "apiVersion": "v1",
            "kind": "Pod",
            "metadata": {
                "labels": {
                    "cost-center": "growth",
                    "etlc.dev/pipeline": "every_option",
                    "etlc.dev/step": "train.country.fr",
                    "etlc.dev/team": "growth",
                },
                "annotations": {
                    "etlc.dev/step": "train[country=fr]",
                    "etlc.dev/param-days": "{{ params['days'] }}",
                    "etlc.dev/param-segment": "{{ params['segment'] }}",
                    "etlc.dev/param-full_refresh": "{{ params['full_refresh'] | tojson }}",
                },
                "name": "every-option-train-country-fr",
                "namespace": "etl",
            },
            "spec": {
                "restartPolicy": "Never",
                "serviceAccountName": "etl",
                "nodeSelector": {"pool": "gpu"},
                "tolerations": [{"key": "nvidia.com/gpu", "operator": "Exists", "effect": "NoSchedule"}],
                "containers": [
                    {
                        "name": "base",
                        "image": "registry.acme.dev/torch:2.9",
                        "command": ["python"],
                        "args": [
                            "$(ETLC_FILES)/train.py",
                            "--country",
                            "fr",
                            "--days",
                            "$(ETLC_PARAM_DAYS)",
                            "--attempt",
                            "$(ETLC_RUN_ATTEMPT)",
                        ],
                        "env": [
                            {"name": "ETLC_FILES", "value": "/etlc/files"},
                            {
                                "name": "ETLC_PARAM_DAYS",
                                "valueFrom": {
                                    "fieldRef": {
                                        "apiVersion": "v1",
                                        "fieldPath": "metadata.annotations['etlc.dev/param-days']",
                                    },
                                },
                            },
                            {"name": "ETLC_RUN_ATTEMPT", "value": "{{ ti.try_number }}"},
                            {
                                "name": "ETLC_PARAM_SEGMENT",
                                "valueFrom": {
                                    "fieldRef": {
                                        "apiVersion": "v1",
                                        "fieldPath": "metadata.annotations['etlc.dev/param-segment']",
                                    },
                                },
                            },
                            {"name": "ETLC_RUN_ID", "value": "{{ etlc_run_id(dag_run) }}"},
                            {
                                "name": "ETLC_RUN_TIMESTAMP",
                                "value": "{{ etlc_run_timestamp(dag_run) }}",
                            },
                            {
                                "name": "ETLC_INPUT_RECENT",
                                "value": "growth.every_option__recent",
                            },
                            {
                                "name": "ETLC_OUTPUT_MODEL",
                                "value": "s3://acme-prod/every_option/train-country-fr/model/$(ETLC_RUN_ID)",
                            },
                            {
                                "name": "ETLC_OUTPUT_REPORT",
                                "value": "s3://acme-archive/every_option/train-country-fr/report/$(ETLC_RUN_ID)",
                            },
                            {
                                "name": "ETLC_PARAM_FULL_REFRESH",
                                "valueFrom": {
                                    "fieldRef": {
                                        "apiVersion": "v1",
                                        "fieldPath": "metadata.annotations['etlc.dev/param-full_refresh']",
                                    },
                                },
                            },
                            {"name": "LOG_LEVEL", "value": "info"},
                            {"name": "SEGMENT", "value": "$(ETLC_PARAM_SEGMENT)"},
                            {"name": "RUN", "value": "$(ETLC_RUN_ID) at $(ETLC_RUN_TIMESTAMP)"},
                            {
                                "name": "TRACKING_TOKEN",
                                "valueFrom": {"secretKeyRef": {"name": "tracking", "key": "token"}},
                            },
                        ],
                        "resources": {
                            "requests": {"cpu": "4", "memory": "32Gi", "ephemeral-storage": "20Gi"},
                            "limits": {
                                "cpu": "8",
                                "memory": "32Gi",
                                "ephemeral-storage": "20Gi",
                                "nvidia.com/gpu": "1",
                            },
                        },
                        "volumeMounts": [{"name": "files", "mountPath": "/etlc/files", "readOnly": True}],
                    },
                ],
                "volumes": [{"name": "files", "configMap": {"name": "every-option-train-58ac8b36ae"}}],
            },
        },
    )
    step_segments = KubernetesPodOperator(
        task_id="segments",
        execution_timeout=timedelta(seconds=3600),
        do_xcom_push=True,
        pod_template_dict={
            "apiVersion": "v1",
            "kind": "Pod",
            "metadata": {
                "labels": {
                    "cost-center": "growth",
                    "etlc.dev/pipeline": "every_option",
                    "etlc.dev/step": "segments",
                    "etlc.dev/team": "growth",
                },
                "annotations": {"etlc.dev/param-days": "{{ params['days'] }}"},
                "name": "every-option-segments",
                "namespace": "etl",
            },
            "spec": {
                "restartPolicy": "Never",
                "serviceAccountName": "etl",
                "initContainers": [
                    {
                        "name": "etlc-install",
                        "image": "ghcr.io/etlc/etlc:0.1",
                        "command": ["etlc", "exec", "install", "/etlc/bin/etlc"],
                        "volumeMounts": [{"name": "etlc-bin", "mountPath": "/etlc/bin"}],
                    },
                ],
                "containers": [
                    {
                        "name": "base",
                        "image": "registry.acme.dev/py:3.12-7",
                        "imagePullPolicy": "IfNotPresent",
                        "command": [
                            "/etlc/bin/etlc",
                            "exec",
                            "values",
                            "--json",
                            "segments",
                            "--each",
                            "segments=name,size",
                            "--to",
                            "/airflow/xcom/return.json",
                            "--",
                            "python",
                        ],
                        "args": ["$(ETLC_FILES)/segments.py", "--days", "$(ETLC_PARAM_DAYS)"],
                        "env": [
                            {"name": "ETLC_FILES", "value": "/etlc/files"},
                            {
                                "name": "ETLC_PARAM_DAYS",
                                "valueFrom": {
                                    "fieldRef": {
                                        "apiVersion": "v1",
                                        "fieldPath": "metadata.annotations['etlc.dev/param-days']",
                                    },
                                },
                            },
                            {
                                "name": "ETLC_INPUT_RECENT",
                                "value": "growth.every_option__recent",
                            },
                            {"name": "ETLC_VALUE_SEGMENTS", "value": "/etlc/values/segments"},
                            {"name": "LOG_LEVEL", "value": "info"},
                            {"name": "TZ", "value": "UTC"},
                        ],
                        "resources": {
                            "requests": {"cpu": "500m", "memory": "1Gi"},
                            "limits": {"memory": "1Gi"},
                        },
                        "volumeMounts": [
                            {"name": "etlc-bin", "mountPath": "/etlc/bin", "readOnly": True},
                            {"name": "values", "mountPath": "/etlc/values"},
                            {"name": "files", "mountPath": "/etlc/files", "readOnly": True},
                        ],
                    },
                ],
                "volumes": [
                    {"name": "etlc-bin", "emptyDir": {}},
                    {"name": "values", "emptyDir": {}},
                    {"name": "files", "configMap": {"name": "every-option-segments-b4dc7c6da9"}},
                ],
            },
        },
    )
    step_letter_items = PythonOperator(
        task_id="letter.items",
        python_callable=step_letter_items,
    )
    step_letter = KubernetesPodOperator.partial(
        task_id="letter",
        retries=1,
        retry_delay=timedelta(seconds=30),
        execution_timeout=timedelta(seconds=3600),
        pod_template_dict={
            "apiVersion": "v1",
            "kind": "Pod",
            "metadata": {
                "labels": {
                    "cost-center": "growth",
                    "etlc.dev/pipeline": "every_option",
                    "etlc.dev/step": "letter",
                    "etlc.dev/team": "growth",
                },
                "annotations": {
                    "etlc.dev/item-name": "{{ params['etlc.item.name'] }}",
                    "etlc.dev/item-size": "{{ params['etlc.item.size'] }}",
                    "etlc.dev/foreach-index": "{{ params['etlc.foreach.index'] }}",
                },
                "name": "every-option-letter",
                "namespace": "etl",
            },
            "spec": {
                "restartPolicy": "Never",
                "serviceAccountName": "etl",
                "containers": [
                    {
                        "name": "base",
                        "image": "registry.acme.dev/py:3.12-7",
                        "imagePullPolicy": "IfNotPresent",
                        "command": ["python"],
                        "args": [
                            "$(ETLC_FILES)/letter.py",
                            "--segment",
                            "$(ETLC_ITEM_NAME)",
                            "--size",
                            "$(ETLC_ITEM_SIZE)",
                            "--number",
                            "$(ETLC_FOREACH_INDEX)",
                        ],
                        "env": [
                            {"name": "ETLC_FILES", "value": "/etlc/files"},
                            {
                                "name": "ETLC_ITEM_NAME",
                                "valueFrom": {
                                    "fieldRef": {
                                        "apiVersion": "v1",
                                        "fieldPath": "metadata.annotations['etlc.dev/item-name']",
                                    },
                                },
                            },
                            {
                                "name": "ETLC_ITEM_SIZE",
                                "valueFrom": {
                                    "fieldRef": {
                                        "apiVersion": "v1",
                                        "fieldPath": "metadata.annotations['etlc.dev/item-size']",
                                    },
                                },
                            },
                            {
                                "name": "ETLC_FOREACH_INDEX",
                                "valueFrom": {
                                    "fieldRef": {
                                        "apiVersion": "v1",
                                        "fieldPath": "metadata.annotations['etlc.dev/foreach-index']",
                                    },
                                },
                            },
                            {"name": "ETLC_RUN_ID", "value": "{{ etlc_run_id(dag_run) }}"},
                            {
                                "name": "ETLC_OUTPUT_LETTER",
                                "value": "s3://acme-prod/every_option/letter/letter/$(ETLC_RUN_ID)/$(ETLC_FOREACH_INDEX)",
                            },
                            {"name": "LOG_LEVEL", "value": "info"},
                            {"name": "TZ", "value": "UTC"},
                        ],
                        "resources": {
                            "requests": {"cpu": "500m", "memory": "1Gi"},
                            "limits": {"memory": "1Gi"},
                        },
                        "volumeMounts": [{"name": "files", "mountPath": "/etlc/files", "readOnly": True}],
                    },
                ],
                "volumes": [{"name": "files", "configMap": {"name": "every-option-letter-532a5b025c"}}],
            },
        },
    ).expand(params=step_letter_items.output)
    # A step that had no item to run for has succeeded.
    step_letter_done = EmptyOperator(task_id="letter.done", trigger_rule="none_failed_min_one_success")
    step_cleanup = KubernetesPodOperator(
        task_id="cleanup",
        trigger_rule="all_done",
        execution_timeout=timedelta(seconds=3600),
        pod_template_dict={
            "apiVersion": "v1",
            "kind": "Pod",
            "metadata": {
                "labels": {
                    "cost-center": "growth",
                    "etlc.dev/pipeline": "every_option",
                    "etlc.dev/step": "cleanup",
                    "etlc.dev/team": "growth",
                },
                "annotations": {"etlc.dev/param-days": "{{ params['days'] }}"},
                "name": "every-option-cleanup",
                "namespace": "etl",
            },
            "spec": {
                "restartPolicy": "Never",
                "serviceAccountName": "etl",
                "containers": [
                    {
                        "name": "base",
                        "image": "registry.acme.dev/growth-tools:3",
                        "command": ["cleanup", "--keep", "$(ETLC_PARAM_DAYS)"],
                        "args": ["--literal", "$${HOME} and $$5 stay as they are"],
                        "env": [
                            {
                                "name": "ETLC_PARAM_DAYS",
                                "valueFrom": {
                                    "fieldRef": {
                                        "apiVersion": "v1",
                                        "fieldPath": "metadata.annotations['etlc.dev/param-days']",
                                    },
                                },
                            },
                            {"name": "LOG_LEVEL", "value": "info"},
                        ],
                        "resources": {
                            "requests": {"cpu": "500m", "memory": "1Gi"},
                            "limits": {"memory": "1Gi"},
                        },
                    },
                ],
            },
        },
    )
    step_tell = KubernetesPodOperator(
        task_id="tell",
        execution_timeout=timedelta(seconds=3600),
        pod_template_dict={
            "apiVersion": "v1",
            "kind": "Pod",
            "metadata": {
                "labels": {
                    "cost-center": "growth",
                    "etlc.dev/pipeline": "every_option",
                    "etlc.dev/step": "tell",
                    "etlc.dev/team": "growth",
                },
                "name": "every-option-tell",
                "namespace": "etl",
            },
            "spec": {
                "restartPolicy": "Never",
                "serviceAccountName": "etl",
                "containers": [
                    {
                        "name": "base",
                        "image": "registry.acme.dev/notify:5",
                        "command": ["notify"],
                        "args": [
                            "--channel",
                            "#growth",
                            "--from",
                            "every_option/tell",
                            "--",
                            "Models for $(ETLC_RUN_DATE) are ready, the German one at $(ETLC_STEP_TRAIN_COUNTRY_DE_OUTPUT_MODEL).",
                        ],
                        "env": [
                            {"name": "ETLC_RUN_DATE", "value": "{{ etlc_run_date(dag_run) }}"},
                            {"name": "ETLC_RUN_ID", "value": "{{ etlc_run_id(dag_run) }}"},
                            {
                                "name": "ETLC_STEP_TRAIN_COUNTRY_DE_OUTPUT_MODEL",
                                "value": "s3://acme-prod/every_option/train-country-de/model/$(ETLC_RUN_ID)",
                            },
                            {"name": "LOG_LEVEL", "value": "info"},
                        ],
                        "resources": {
                            "requests": {"cpu": "500m", "memory": "1Gi"},
                            "limits": {"memory": "1Gi"},
                        },
                    },
                ],
            },
        },
    )
    updated_model = EmptyOperator(
        task_id="updated.model",
        outlets=[Asset(name="every_option.model", uri="etlc://every_option.model")],
    )
    updated_report = EmptyOperator(
        task_id="updated.report",
        outlets=[Asset(name="every_option.report", uri="etlc://every_option.report")],
    )
    updated_letter = EmptyOperator(
        task_id="updated.letter",
        outlets=[Asset(name="every_option.letter", uri="etlc://every_option.letter")],
    )
    # A step that runs after a failure must not make the run a success.
    all_succeeded = EmptyOperator(task_id="all_succeeded", trigger_rule="none_failed")

    step_daily >> all_succeeded
    step_daily >> step_recent
    step_recent >> all_succeeded
    step_recent >> step_totals
    step_totals >> all_succeeded
    step_daily >> step_vacuum
    step_vacuum >> all_succeeded
    step_recent >> step_train_country_de_8e48bea2_when
    step_train_country_de_8e48bea2_when >> step_train_country_de_8e48bea2
    step_train_country_de_8e48bea2 >> updated_model
    step_train_country_de_8e48bea2 >> updated_report
    step_train_country_de_8e48bea2 >> all_succeeded
    step_recent >> step_train_country_fr_f3629313_when
    step_train_country_fr_f3629313_when >> step_train_country_fr_f3629313
    step_train_country_fr_f3629313 >> updated_model
    step_train_country_fr_f3629313 >> updated_report
    step_train_country_fr_f3629313 >> all_succeeded
    step_recent >> step_segments
    step_segments >> all_succeeded
    step_segments >> step_letter_items
    [step_letter_items, step_letter] >> step_letter_done
    step_letter >> updated_letter
    step_letter >> all_succeeded
    step_totals >> step_cleanup
    step_train_country_de_8e48bea2 >> step_cleanup
    step_train_country_fr_f3629313 >> step_cleanup
    step_cleanup >> all_succeeded
    step_train_country_de_8e48bea2 >> step_tell
    step_tell >> all_succeeded
