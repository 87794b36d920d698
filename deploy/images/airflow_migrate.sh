#!/bin/sh
# Bring both schemas to their newest revision and make the pool that trainings wait in.
set -eu

"$MLPROJECT_PYTHON" -m mlproject migrate
airflow db migrate
airflow pools get gpu > /dev/null 2>&1 ||
  airflow pools set gpu 1 "one training at a time on a machine with one GPU"
