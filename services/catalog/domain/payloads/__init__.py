"""Payloads accepted as they are, a module per format, each mapped to `domain.record`."""
