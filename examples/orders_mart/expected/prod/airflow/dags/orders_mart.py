"Rendered by etlc from pipelines/orders_mart/pipeline.yaml. Changes belong there or in the platform."

from __future__ import annotations

from datetime import timedelta

from airflow.providers.cncf.kubernetes.operators.pod import KubernetesPodOperator
from airflow.sdk import DAG, Asset
from airflow.timetables.trigger import CronTriggerTimetable


with DAG(
    dag_id="orders_mart",
    description="Orders and revenue by day, from the shop's raw tables.",
    schedule=CronTriggerTimetable("30 4 * * *", timezone="UTC"),
    catchup=False,
    max_active_runs=1,
    max_active_tasks=16,
    max_consecutive_failed_dag_runs=0,
    is_paused_upon_creation=False,
    dagrun_timeout=timedelta(seconds=7200),
    render_template_as_native_obj=False,
    # What a site may have other defaults for is said here.
    default_args={
        "owner": "commerce",
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
    step_payments = KubernetesPodOperator(
        task_id="payments",
        outlets=[
            Asset(name="orders_mart.payments", uri="etlc://orders_mart.payments"),
        ],
        pod_template_dict={
            "apiVersion": "v1",
            "kind": "Pod",
            "metadata": {
                "labels": {
                    "etlc.dev/pipeline": "orders_mart",
                    "etlc.dev/step": "payments",
                    "etlc.dev/team": "commerce",
                },
                "name": "orders-mart-payments",
                "namespace": "etl",
            },
            "spec": {
                "restartPolicy": "Never",
                "serviceAccountName": "etl",
                "containers": [
                    {
                        "name": "base",
                        "image": "registry.acme.dev/etlc-postgres:0.1",
                        "command": ["etlc", "exec", "sql"],
                        "args": [
                            "--dialect",
                            "postgres",
                            "--connection",
                            "ETLC_CONNECTION_WAREHOUSE",
                            "$(ETLC_FILES)/payments.sql",
                        ],
                        "env": [
                            {"name": "ETLC_FILES", "value": "/etlc/files"},
                            {
                                "name": "ETLC_OUTPUT_PAYMENTS",
                                "value": "analytics.orders_mart__payments",
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
                "volumes": [{"name": "files", "configMap": {"name": "orders-mart-payments-6c53949064"}}],
            },
        },
    )
    step_orders = KubernetesPodOperator(
        task_id="orders",
        outlets=[
            Asset(name="orders_mart.orders", uri="etlc://orders_mart.orders"),
        ],
        pod_template_dict={
            "apiVersion": "v1",
            "kind": "Pod",
            "metadata": {
                "labels": {
                    "etlc.dev/pipeline": "orders_mart",
                    "etlc.dev/step": "orders",
                    "etlc.dev/team": "commerce",
                },
                "name": "orders-mart-orders",
                "namespace": "etl",
            },
            "spec": {
                "restartPolicy": "Never",
                "serviceAccountName": "etl",
                "containers": [
                    {
                        "name": "base",
                        "image": "registry.acme.dev/etlc-postgres:0.1",
                        "command": ["etlc", "exec", "sql"],
                        "args": [
                            "--dialect",
                            "postgres",
                            "--connection",
                            "ETLC_CONNECTION_WAREHOUSE",
                            "$(ETLC_FILES)/orders.sql",
                        ],
                        "env": [
                            {"name": "ETLC_FILES", "value": "/etlc/files"},
                            {
                                "name": "ETLC_OUTPUT_ORDERS",
                                "value": "analytics.orders_mart__orders",
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
                "volumes": [{"name": "files", "configMap": {"name": "orders-mart-orders-089229b0df"}}],
            },
        },
    )
    step_orders_daily = KubernetesPodOperator(
        task_id="orders_daily",
        outlets=[
            Asset(name="orders_mart.orders_daily", uri="etlc://orders_mart.orders_daily"),
        ],
        pod_template_dict={
            "apiVersion": "v1",
            "kind": "Pod",
            "metadata": {
                "labels": {
                    "etlc.dev/pipeline": "orders_mart",
                    "etlc.dev/step": "orders_daily",
                    "etlc.dev/team": "commerce",
                },
                "name": "orders-mart-orders-daily",
                "namespace": "etl",
            },
            "spec": {
                "restartPolicy": "Never",
                "serviceAccountName": "etl",
                "containers": [
                    {
                        "name": "base",
                        "image": "registry.acme.dev/etlc-postgres:0.1",
                        "command": ["etlc", "exec", "sql"],
                        "args": [
                            "--dialect",
                            "postgres",
                            "--connection",
                            "ETLC_CONNECTION_WAREHOUSE",
                            "$(ETLC_FILES)/orders_daily.sql",
                        ],
                        "env": [
                            {"name": "ETLC_FILES", "value": "/etlc/files"},
                            {
                                "name": "ETLC_OUTPUT_ORDERS_DAILY",
                                "value": "analytics.orders_mart__orders_daily",
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
                        "configMap": {"name": "orders-mart-orders-daily-3ab23685df"},
                    },
                ],
            },
        },
    )

    step_payments >> step_orders
    step_orders >> step_orders_daily
