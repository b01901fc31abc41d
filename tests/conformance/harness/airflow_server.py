"""Runs DAGs one after another by `airflow dags test`, with Airflow's own Python, and imports Airflow once.

    airflow_server.py < REQUESTS > ANSWERS

A request is a line of JSON: the arguments of `airflow`, the file that gets all that it prints, and further variables. The answer is the exit code.
"""

from __future__ import annotations

import json
import os
import sys
import traceback


def child(request: dict) -> int:
    """In a process of its own, so that no run sees what another left in memory."""
    log = os.open(request["log"], os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    for stream in (1, 2):
        os.dup2(log, stream)
    os.environ.update(request["env"])
    from airflow.cli import cli_parser

    try:
        arguments = cli_parser.get_parser().parse_args(request["arguments"])
        arguments.func(arguments)
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else int(end.code is not None)
    except BaseException:
        traceback.print_exc()
        return 1
    return 0


def serve(line: str) -> int:
    pid = os.fork()
    if pid:
        return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    code = 1
    try:
        code = child(json.loads(line))
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


def main() -> None:
    # What Airflow prints must not stand between the answers.
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    import airflow.cli.commands.dag_command
    import airflow.providers.cncf.kubernetes.operators.pod
    import airflow.providers.standard.operators.bash  # noqa: F401

    for line in sys.stdin:
        print(serve(line), file=answers, flush=True)


if __name__ == "__main__":
    main()
