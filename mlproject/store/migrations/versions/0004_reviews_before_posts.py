"""A review may come before its post: it counts as soon as the crawl has stored the post."""

from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    op.execute("ALTER TABLE review DROP CONSTRAINT review_site_topic_id_fkey")
