#!/bin/sh
# Create the roles and their databases where missing and set their passwords. psql finds the
# server by PGHOST, PGPORT and PGUSER.
set -eu

SECRETS=${SECRETS_FOLDER:-/run/secrets}
for name in postgres_superuser postgres_project postgres_airflow postgres_mlflow; do
  if [ ! -r "$SECRETS/$name" ] || [ ! -s "$SECRETS/$name" ]; then
    echo "error: $SECRETS/$name cannot be read or is empty: run \`make secrets\`" >&2
    exit 2
  fi
done
PGPASSWORD=$(cat "$SECRETS/postgres_superuser")
export SECRETS PGPASSWORD

# The password is read by psql itself: as an argument every process could see it.
database() {
  SECRET=$2 psql --no-psqlrc --quiet --dbname postgres \
    --set ON_ERROR_STOP=1 --set "name=$1" << 'SQL'
\set password `cat "$SECRETS/$SECRET"`
SELECT format('CREATE ROLE %I', :'name')
  WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = :'name') \gexec
ALTER ROLE :"name" LOGIN PASSWORD :'password';
SELECT format('CREATE DATABASE %I OWNER %I', :'name', :'name')
  WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = :'name') \gexec
REVOKE CONNECT ON DATABASE :"name" FROM PUBLIC;
SQL
}

database mlproject postgres_project
database airflow postgres_airflow
database mlflow postgres_mlflow
