"""What releases of Airflow from 3.0 on call differently, under one name each. To be imported after Airflow's settings are made."""

from __future__ import annotations

import inspect
from unittest import mock

from airflow.providers.cncf.kubernetes.operators.pod import KubernetesPodOperator
from airflow.sdk.api.datamodels._generated import DagRun, TIRunContext
from airflow.serialization import serialized_objects

try:
    from airflow.dag_processing.dagbag import DagBag
except ImportError:  # Before 3.2.
    from airflow.models.dagbag import DagBag

__all__ = ["DagBag", "Serialization", "build_pod", "run_context"]

# Before 3.2 a class did both: hold a DAG that was read back, and read it.
Serialization = getattr(serialized_objects, "DagSerialization", None) or serialized_objects.SerializedDAG


def run_context(fields: dict, max_tries: int) -> TIRunContext:
    """What a task is told of its run, with the fields that this release has."""
    known = {name: value for name, value in fields.items() if name in DagRun.model_fields}
    return TIRunContext(dag_run=DagRun.model_validate(known), max_tries=max_tries)


def build_pod(task: KubernetesPodOperator, context: dict):
    """The pod that an operator would send, without a cluster."""
    if "dry_run" in inspect.signature(task.build_pod_request_obj).parameters:
        return task.build_pod_request_obj(context, dry_run=True)
    # Older providers ask their connection for the namespace and for the container that collects results.
    hook = mock.Mock(is_in_cluster=False)
    hook.get_namespace.return_value = None
    hook.get_xcom_sidecar_container_image.return_value = None
    hook.get_xcom_sidecar_container_resources.return_value = None
    with mock.patch.object(type(task), "hook", hook):
        return task.build_pod_request_obj(context)
