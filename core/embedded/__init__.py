"""Embedded PostgreSQL and Valkey: the real engines, started from wheels, living in the var folder."""
