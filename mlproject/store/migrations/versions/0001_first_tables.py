"""The first tables: topics and the crawl's state, corpora, reviews, data sets, deployments."""

from alembic import op

revision = "0001"
down_revision = None

TABLES = """
CREATE TABLE topic (
    site text NOT NULL,
    id bigint NOT NULL,
    title text NOT NULL,
    content text NOT NULL,
    node text,
    author text,
    created timestamptz NOT NULL,
    last_modified timestamptz,
    first_seen timestamptz NOT NULL DEFAULT now(),
    last_seen timestamptz NOT NULL DEFAULT now(),
    gone boolean NOT NULL DEFAULT false,
    PRIMARY KEY (site, id)
);
CREATE INDEX topic_created ON topic (site, created);
CREATE INDEX topic_node ON topic (site, node, id);

CREATE TABLE topic_gap (
    site text NOT NULL,
    id bigint NOT NULL,
    reason text NOT NULL,
    seen timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (site, id)
);

CREATE TABLE crawl_state (
    site text NOT NULL,
    key text NOT NULL,
    value jsonb NOT NULL,
    updated timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (site, key)
);

CREATE TABLE corpus_text (
    task text NOT NULL,
    content_hash text NOT NULL,
    text text NOT NULL,
    label text NOT NULL,
    corpus text NOT NULL,
    source text NOT NULL,
    licence text NOT NULL,
    role text NOT NULL DEFAULT 'training',
    imported timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (task, content_hash)
);

CREATE TABLE review (
    id bigserial PRIMARY KEY,
    site text NOT NULL,
    topic_id bigint NOT NULL,
    task text NOT NULL,
    label text NOT NULL,
    reviewer text NOT NULL,
    role text NOT NULL DEFAULT 'training',
    created timestamptz NOT NULL DEFAULT now(),
    FOREIGN KEY (site, topic_id) REFERENCES topic (site, id)
);
CREATE INDEX review_latest ON review (task, site, topic_id, id DESC);

CREATE TABLE prediction (
    id bigserial PRIMARY KEY,
    site text NOT NULL,
    topic_id bigint NOT NULL,
    model text NOT NULL,
    version text NOT NULL,
    probability real NOT NULL,
    flagged boolean NOT NULL,
    created timestamptz NOT NULL DEFAULT now(),
    UNIQUE (site, topic_id, model, version),
    FOREIGN KEY (site, topic_id) REFERENCES topic (site, id)
);

CREATE TABLE dataset (
    id text PRIMARY KEY,
    task text NOT NULL,
    manifest jsonb NOT NULL,
    created timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE deployment (
    id bigserial PRIMARY KEY,
    model text NOT NULL,
    version text NOT NULL,
    previous text,
    action text NOT NULL,
    by text NOT NULL,
    reason text NOT NULL,
    gate jsonb,
    bento text,
    created timestamptz NOT NULL DEFAULT now()
);
"""


def upgrade() -> None:
    op.execute(TABLES)
