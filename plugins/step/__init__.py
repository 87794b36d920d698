"""The Airflow half of a step: the operator, its process, its links, when to try again."""
