"""What is being computed depends on what: tags that become known on the way."""

from __future__ import annotations

import contextvars
from typing import Iterable, Optional, Set

_collecting: "contextvars.ContextVar[Optional[Set[str]]]" = contextvars.ContextVar("nuthatch_cache_tags", default=None)


def tag(*tags: str) -> None:
    """While a value is computed: it depends on these, too. Elsewhere it does nothing."""
    note(tags)


def note(tags: Iterable[str]) -> None:
    found = _collecting.get()
    if found is not None:
        found.update(tags)


class collecting_tags:
    """with collecting_tags() as found: what tag() names meanwhile. Who computes around it depends on it as well."""

    def __enter__(self) -> Set[str]:
        self._outer = _collecting.get()
        self._found: Set[str] = set()
        self._token = _collecting.set(self._found)
        return self._found

    def __exit__(self, *_: object) -> None:
        _collecting.reset(self._token)
        if self._outer is not None:
            self._outer.update(self._found)
