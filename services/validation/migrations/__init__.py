"""Migrations of the schema `validation`."""

from pathlib import Path

from shared.migrations import Migrations

MIGRATIONS = Migrations("validation", Path(__file__).parent)
