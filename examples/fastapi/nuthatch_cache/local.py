"""A few values in the process itself, for so short a time that nobody needs to be told of changes."""

from __future__ import annotations

import time
from collections import OrderedDict
from typing import Any, Awaitable, Callable, Tuple


class LocalCache:
    """At most `entries` of them, the least recently used go; each for `seconds`. For one event loop, or one thread."""

    def __init__(self, seconds: float, entries: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._seconds = seconds
        self._entries = entries
        self._clock = clock
        self._kept: "OrderedDict[str, Tuple[float, Any]]" = OrderedDict()

    def get(self, key: str) -> Any:
        """None if it is not there, or too old."""
        end, value = self._kept.get(key, (0.0, None))
        if self._clock() >= end:
            return None
        self._kept.move_to_end(key)
        return value

    def set(self, key: str, value: Any) -> None:
        self._kept[key] = (self._clock() + self._seconds, value)
        self._kept.move_to_end(key)
        if len(self._kept) > self._entries:
            self._kept.popitem(last=False)

    async def get_or_compute(self, key: str, compute: Callable[[], Awaitable[Any]]) -> Any:
        value = self.get(key)
        if value is None:
            value = await compute()
            self.set(key, value)
        return value

    def forget(self, key: str) -> None:
        self._kept.pop(key, None)

    def clear(self) -> None:
        self._kept.clear()
