"""Postgres: the schema, reading and writing."""
