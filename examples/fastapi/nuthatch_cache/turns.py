"""In one process one at a time looks for a key, and the others take what comes of it."""

from __future__ import annotations

import asyncio
from typing import Any, Dict, Hashable, Optional, Tuple

#: Outcomes of a turn besides a value. LEFT: its holder has gone, the next begins. PASSES: each for itself.
LEFT = object()
PASSES = object()


class Turn:
    """Ends once: with a value, an error, or one of the outcomes above. What is said after that is not heard."""

    def __init__(self, running: "Dict[Hashable, asyncio.Future[Any]]", key: Hashable) -> None:
        self._running = running
        self._key = key
        self._outcome: "asyncio.Future[Any]" = asyncio.get_running_loop().create_future()
        running[key] = self._outcome

    def end(self, outcome: Any) -> None:
        if self._is_first():
            self._outcome.set_result(outcome)

    def fail(self, error: Exception) -> None:
        if self._is_first():
            self._outcome.set_exception(error)
            self._outcome.exception()  # it is no loss if nobody waits

    def _is_first(self) -> bool:
        if self._outcome.done():
            return False
        del self._running[self._key]
        return True


class Turns:
    """For one event loop."""

    def __init__(self) -> None:
        self._running: "Dict[Hashable, asyncio.Future[Any]]" = {}

    async def join(self, key: Hashable) -> Tuple[Optional[Turn], Any]:
        """A turn, which its holder must end; or none, and what came of somebody else's. Raises what that raised."""
        while True:
            running = self._running.get(key)
            if running is None:
                return Turn(self._running, key), None
            outcome = await asyncio.shield(running)
            if outcome is not LEFT:
                return None, outcome
