"""Migrations of the schema `directory`."""

from pathlib import Path

from shared.migrations import Migrations

MIGRATIONS = Migrations("directory", Path(__file__).parent)
