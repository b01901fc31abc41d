from __future__ import annotations

from datetime import timedelta

from airflow.providers.cncf.kubernetes.operators.pod import KubernetesPodOperator
from airflow.sdk import DAG, Param, literal
from airflow.timetables.trigger import CronTriggerTimetable

INSTANT = "(dag_run.logical_date or dag_run.run_after)"

dag = DAG(
    dag_id="good",
    schedule=CronTriggerTimetable("0 6 * * *", timezone="America/Los_Angeles"),
    catchup=False,
    max_active_runs=1,
    params={"days": Param(28, type="integer"), "label": Param("week", type="string"), "dry": Param(False, type="boolean")},
)

t_0001 = KubernetesPodOperator(
    dag=dag,
    task_id="features",
    retries=0,
    execution_timeout=timedelta(hours=1),
    startup_timeout_seconds=600,
    pod_template_dict={
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {
            "namespace": "etl",
            "labels": {"etlc/pipeline": "good"},
            "annotations": {"etlc/param-label": "{{ params.label }}"},
        },
        "spec": {
            "restartPolicy": "Never",
            "containers": [
                {
                    "name": "base",
                    "image": literal("registry.acme.dev/py:3.12-7"),
                    "command": [literal("python")],
                    "args": [literal("/etlc/files/a.py"), literal("$$HOME {{ x }}\n"), literal("$(ETLC_RUN_DATE)"), literal("--label=$(ETLC_PARAM_LABEL)")],
                    "env": [
                        {"name": "ETLC_RUN_DATE", "value": "{{ " + INSTANT + ".astimezone(macros.dateutil.tz.gettz('America/Los_Angeles')).strftime('%Y-%m-%d') }}"},
                        {"name": "ETLC_RUN_TIMESTAMP", "value": "{{ " + INSTANT + ".strftime('%Y-%m-%dT%H:%M:%SZ') }}"},
                        {"name": "ETLC_RUN_ID", "value": "{% for c in run_id %}{{ c if c in 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-' else '-' }}{% endfor %}-{{ macros.uuid.uuid5(macros.uuid.NAMESPACE_URL, run_id).hex[:8] }}"},
                        {"name": "ETLC_RUN_ATTEMPT", "value": "{{ ti.try_number }}"},
                        {"name": "ETLC_PARAM_DAYS", "value": "{{ params.days }}"},
                        {"name": "ETLC_PARAM_DRY", "value": "{{ params.dry | tojson }}"},
                        {"name": "ETLC_PARAM_LABEL", "valueFrom": {"fieldRef": {"fieldPath": "metadata.annotations['etlc/param-label']"}}},
                        {"name": "ETLC_OUTPUT_MODEL", "value": literal("s3://b/$(ETLC_RUN_ID)")},
                        {"name": "OUT", "value": literal("$(ETLC_OUTPUT_MODEL)/$$x")},
                        {"name": "TOKEN", "valueFrom": {"secretKeyRef": {"name": "tracking", "key": "token"}}},
                    ],
                    "resources": {"requests": {"cpu": "500m", "memory": "1Gi"}},
                    "volumeMounts": [{"name": "files", "mountPath": "/etlc/files", "readOnly": True}],
                }
            ],
            "volumes": [{"name": "files", "configMap": {"name": "good-files-0123456789", "defaultMode": 493, "optional": False, "items": [{"key": "k0", "path": "a.py"}]}}],
        },
    },
)
t_0002 = KubernetesPodOperator(
    dag=dag,
    task_id="score_region_us",
    retries=2,
    retry_delay=timedelta(seconds=30),
    pod_template_dict={
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"namespace": "etl"},
        "spec": {"restartPolicy": "Never", "containers": [{"name": "base", "image": literal("x:1"), "command": [literal("score")], "args": [], "env": [{"name": "EMPTY", "value": ""}]}]},
    },
)
t_0001 >> t_0002
