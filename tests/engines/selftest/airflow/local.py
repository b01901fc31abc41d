from __future__ import annotations

from airflow.providers.standard.operators.bash import BashOperator
from airflow.sdk import DAG, Param, literal

dag = DAG(
    dag_id="local",
    schedule=None,
    catchup=False,
    params={"days": Param(28, type="integer")},
)
INSTANT = "(dag_run.logical_date or dag_run.run_after)"
ENV = {
    "ETLC_RUN_DATE": "{{ " + INSTANT + ".strftime('%Y-%m-%d') }}",
    "ETLC_RUN_TIMESTAMP": "{{ " + INSTANT + ".strftime('%Y-%m-%dT%H:%M:%SZ') }}",
    "ETLC_PARAM_DAYS": "{{ params.days }}",
}

t_0001 = BashOperator(
    dag=dag,
    task_id="features",
    retries=0,
    env=ENV,
    append_env=True,
    skip_on_exit_code=None,
    bash_command=literal("""exec duckdb "$ETLC_SELFTEST_DATABASE" -c "create table days as select date '$ETLC_RUN_DATE' as day, $ETLC_PARAM_DAYS as days" """),
)
t_0002 = BashOperator(
    dag=dag,
    task_id="check",
    retries=0,
    env=ENV,
    append_env=True,
    skip_on_exit_code=None,
    bash_command=literal("""test "$(duckdb "$ETLC_SELFTEST_DATABASE" -csv -noheader -c 'select * from days')" = "2026-03-04,28" """),
)
t_0001 >> t_0002
