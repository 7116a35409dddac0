"""The benchmarks are run by hand and rarely: what they take from one another is there."""

import pkgutil
from importlib import import_module

import pytest

import bench

# Runs in the environment of the reference, which this one has not.
ELSEWHERE = {"bench.oracle.reference_service"}
MODULES = [found.name for found in pkgutil.walk_packages(bench.__path__, "bench.")]


@pytest.mark.parametrize("name", [name for name in MODULES if name not in ELSEWHERE])
def test_a_benchmark_can_be_loaded(name: str) -> None:
    assert import_module(name).__doc__
