#!/bin/sh
# The forum of the demo, over the posts of a data folder that has some, otherwise the bundled ones.
set -eu

real=$MLPROJECT_DATA/v2ex_topics.jsonl.gz
if [ -f "$real" ]; then
  set -- --posts "$real" --limit-topics "$TOPICS" --first mlproject/tasks/legal/topic_labels.csv
else
  set -- --posts examples/corpus/posts.jsonl --posts examples/corpus/reviewed_posts.jsonl
fi
exec python -m examples.standin --host 0.0.0.0 --port 8098 --quota 36000 --token "$TOKEN" "$@"
