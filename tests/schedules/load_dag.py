"""Load a DAG file as Airflow does, and execute its task `run`: load_dag.py FILE.

Runs in Airflow's environment. Prints one JSON document: what Airflow found wrong, the tasks with
those that follow each, and what became of the task: "success" or the name of the exception.
"""

import json
import sys


def outcome(task):
    try:
        task.execute({})
    except Exception as fault:
        return type(fault).__name__
    return "success"


def load(path):
    from airflow.dag_processing.dagbag import DagBag
    from airflow.serialization.serialized_objects import DagSerialization

    bag = DagBag(dag_folder=path)
    document = {"errors": bag.import_errors, "tasks": {}}
    for dag in bag.dags.values():
        DagSerialization.to_dict(dag)
        document["tasks"] = {task.task_id: sorted(task.downstream_task_ids) for task in dag.tasks}
        document["outcome"] = outcome(dag.get_task("run"))
    return document


if __name__ == "__main__":
    sys.stdout.write(json.dumps(load(sys.argv[1])) + "\n")
