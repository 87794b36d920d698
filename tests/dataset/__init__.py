"""Data sets from candidates."""
