"""Airflow: run the stale reports once a day and publish them.

Copy it into the DAGs folder and set PROJECT. Written for Airflow 3 with its standard provider.
foistats keeps its own environment (.venv); the worker needs only to reach the project's folder.
"""

from datetime import UTC, datetime, timedelta

from airflow.providers.standard.operators.bash import BashOperator
from airflow.sdk import DAG

PROJECT = "/srv/foistats"
ANOTHER_RUNS = 5  # the exit code for: another runner holds the reports folder

with DAG(
    dag_id="foistats",
    description="Run the stale reports and publish them",
    schedule="17 5 * * *",  # UTC, as start_date is
    start_date=datetime(2026, 1, 1, tzinfo=UTC),
    catchup=False,
    max_active_runs=1,
    # The same inputs fail the same way: another try only costs time.
    default_args={"retries": 0, "execution_timeout": timedelta(hours=2)},
):
    # Exit code 0 is success, 5 is skipped, any other is a failure.
    run = BashOperator(
        task_id="run",
        cwd=PROJECT,
        bash_command=".venv/bin/foistats run --wait 600 --log json",
        skip_on_exit_code=ANOTHER_RUNS,
    )
    # Also when the run was skipped: the published versions are intact.
    verify = BashOperator(
        task_id="verify",
        cwd=PROJECT,
        bash_command=".venv/bin/foistats verify --all",
        trigger_rule="none_failed",
    )
    run >> verify
