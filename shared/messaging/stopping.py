"""Loops that end when they are told to, whatever a library did with the cancellation."""

import asyncio


def told_to_stop() -> bool:
    """Tell whether the present task was cancelled, even if what it awaited swallowed the cancellation.

    On Python 3.11 `asyncio.wait_for`, which redis-py and asyncpg use, does so when its result comes at that moment.
    """
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0
