#!/bin/sh
# Wait for a Bento in the store, then serve it.
set -eu

there() {
  for bento in "$BENTOML_HOME"/bentos/*/*/bento.yaml; do
    [ -f "$bento" ] && return 0
  done
  return 1
}

there || echo "no Bento yet: waiting for the first retraining" >&2
until there; do
  sleep 2
done
exec python -m mlproject serve
