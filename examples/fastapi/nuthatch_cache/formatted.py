"""Keys and tags that name what a function was called with, as in "user:{id}"."""

from __future__ import annotations

import inspect
from typing import Any, Callable, List, Sequence, Tuple


class Formatted:
    def __init__(self, function: Callable[..., Any], key: str, tags: Sequence[str]) -> None:
        self._signature = inspect.signature(function)
        self._key = key
        self._tags = tags

    def of(self, args: Tuple[Any, ...], kwargs: Any) -> Tuple[str, List[str]]:
        """Key and tags of one call."""
        bound = self._signature.bind(*args, **kwargs)
        bound.apply_defaults()
        return self._key.format(**bound.arguments), [tag.format(**bound.arguments) for tag in self._tags]
