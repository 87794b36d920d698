"""The split that each text of a task was given; what a version of a model has looked at."""

from alembic import op

revision = "0003"
down_revision = "0002"

TABLES = """
CREATE TABLE text_split (
    task text NOT NULL,
    key bigint NOT NULL,
    split smallint NOT NULL,
    PRIMARY KEY (task, key)
);
CREATE INDEX prediction_version ON prediction (model, version, site, topic_id);
"""


def upgrade() -> None:
    op.execute(TABLES)
