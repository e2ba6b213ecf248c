"""How this process stands with the server: whether it has the verbs, whether it is there, what it has not heard yet."""

from __future__ import annotations

import logging
from typing import Dict, List, Sequence, Tuple

from redis.exceptions import ResponseError

from .verbs import Argument, Command, is_unknown_command

log = logging.getLogger("nuthatch_cache")

#: More invalidations than these become one, of everything.
OWED_MAX = 1000


class Standing:
    """Says each change once, however many requests notice it."""

    def __init__(self) -> None:
        self.is_plain = False
        self._is_away = False
        self._owed: Dict[Tuple[Argument, ...], None] = {}

    def heard(self) -> None:
        if self._is_away:
            self._is_away = False
            log.warning("the cache answers again")

    def away(self, error: BaseException) -> None:
        if not self._is_away:
            self._is_away = True
            log.warning("the cache does not answer, everybody computes: %r", error)

    def refused(self, error: ResponseError) -> None:
        if not is_unknown_command(error):
            log.warning("the cache refuses: %s", error)
        elif not self.is_plain:
            self.is_plain = True
            self._owed = {("DEL", *command[command.index("KEYS") + 1:]): None
                          for command in self._owed if "KEYS" in command}
            log.warning("this server has no CACHE: going on with GET and SET, without leases, grace, tags and versions")

    def owe(self, commands: Sequence[Command]) -> None:
        """Invalidations that the server could not be told. They are the first that it hears when it is back."""
        for command in commands:
            self._owed[tuple(command)] = None
        if len(self._owed) > OWED_MAX:
            self._owed = {("CACHE", "INVALIDATE", "MATCH", "*"): None}

    @property
    def owed(self) -> List[Tuple[Argument, ...]]:
        return list(self._owed)

    @property
    def is_indebted(self) -> bool:
        return bool(self._owed)

    def paid(self, command: Tuple[Argument, ...]) -> None:
        self._owed.pop(command, None)
