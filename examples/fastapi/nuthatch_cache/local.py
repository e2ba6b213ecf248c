"""A few values in the process itself, for so short a time that nobody needs to be told of changes."""

from __future__ import annotations

import time
from collections import OrderedDict
from typing import Any, Awaitable, Callable, Tuple


class LocalCache:
    """At most `entries` of them, the least recently used go; each for `seconds`. For one event loop."""

    def __init__(self, seconds: float, entries: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._seconds = seconds
        self._entries = entries
        self._clock = clock
        self._kept: "OrderedDict[str, Tuple[float, Any]]" = OrderedDict()

    async def get_or_compute(self, key: str, compute: Callable[[], Awaitable[Any]]) -> Any:
        end, value = self._kept.get(key, (0.0, None))
        if self._clock() < end:
            self._kept.move_to_end(key)
            return value
        value = await compute()
        self._kept[key] = (self._clock() + self._seconds, value)
        self._kept.move_to_end(key)
        if len(self._kept) > self._entries:
            self._kept.popitem(last=False)
        return value

    def forget(self, key: str) -> None:
        self._kept.pop(key, None)
