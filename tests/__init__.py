"""Tests, from outside in: real servers, real files, hostile input."""
