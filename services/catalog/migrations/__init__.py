"""Migrations of the schema `catalog`."""

from pathlib import Path

from shared.migrations import Migrations

MIGRATIONS = Migrations("catalog", Path(__file__).parent)
