"""When a topic that is gone is asked for once more: an empty answer may have been a mistake."""

from alembic import op

revision = "0005"
down_revision = "0004"

STATEMENTS = """
ALTER TABLE topic ADD COLUMN look_again timestamptz;
CREATE INDEX topic_look_again ON topic (site, id) WHERE look_again IS NOT NULL;
"""


def upgrade() -> None:
    op.execute(STATEMENTS)
