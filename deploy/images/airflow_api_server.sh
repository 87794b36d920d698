#!/bin/sh
# Airflow opens the file of logins for writing, which a mounted secret does not allow.
set -eu

umask 077
printf '{"admin": "%s"}' "$ADMIN_PASSWORD" > "$AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_PASSWORDS_FILE"
unset ADMIN_PASSWORD
umask 022
exec airflow api-server
