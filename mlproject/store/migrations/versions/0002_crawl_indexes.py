"""Indexes for the crawl: topics still young when last seen, and keys found by their prefix."""

from alembic import op

revision = "0002"
down_revision = "0001"

# 720 hours is the greatest age at which a topic is looked at again; later ones are never due.
# Only the "C" order of keys lets a btree answer starts_with().
STATEMENTS = """
CREATE INDEX topic_young ON topic (site, id)
    WHERE NOT gone AND last_seen - created < interval '720 hours';
CREATE INDEX topic_gap_failing ON topic_gap (site, id) WHERE reason = 'failing';
ALTER TABLE crawl_state ALTER COLUMN key TYPE text COLLATE "C";
"""


def upgrade() -> None:
    op.execute(STATEMENTS)
