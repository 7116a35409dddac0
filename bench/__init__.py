"""Reproducible measures, against the peers of each part."""
