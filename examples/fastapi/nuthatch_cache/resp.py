"""The protocol's bytes: requests written, replies read as far as they have come. Pure."""

from __future__ import annotations

import re
from typing import Any, Iterable, List, Tuple

from redis.exceptions import ConnectionError, InvalidResponse, ResponseError


#: Errors of a server that cannot answer at present. To the application it is away.
_FOR_NOW = ("LOADING ", "MASTERDOWN ", "BUSY ")


#: What a reply of CACHE GET with META looks like when it is a hit, before and behind the value. It is the reply that is read
#: most by far, and two matches cost a third of seventeen elements.
_HIT = re.compile(rb"\*4\r\n\$3\r\nhit\r\n\$(\d+)\r\n")
_META = re.compile(rb"\r\n\$-1\r\n\*12\r\n\$3\r\nttl\r\n:(-?\d+)\r\n(?:\$\d+\r\n[a-z]+\r\n:-?\d+\r\n){3}"
                   rb"\$4\r\ntype\r\n\$\d+\r\n[^\r]*\r\n\$6\r\nlength\r\n:\d+\r\n")


class _Incomplete(Exception):
    pass


#: A message that nobody has asked for; only RESP3 has them.
PUSH = object()


def encode(command: Iterable[Any]) -> bytes:
    parts: List[bytes] = []
    count = 0
    for argument in command:
        if isinstance(argument, str):
            argument = argument.encode()
        elif not isinstance(argument, bytes):
            argument = b"%d" % argument
        parts.append(b"$%d\r\n%b\r\n" % (len(argument), argument))
        count += 1
    return b"*%d\r\n%b" % (count, b"".join(parts))


def read(data: bytes) -> Tuple[List[Any], bytes]:
    """The replies that `data` has whole, and what is left of it. An error is a ResponseError among them."""
    replies: List[Any] = []
    position = 0
    hit = _HIT.match(data)
    while hit is not None:
        begin, stop = hit.end(), hit.end() + int(hit[1])
        meta = _META.match(data, stop)
        if meta is None:
            break
        replies.append([b"hit", data[begin:stop], None, [b"ttl", int(meta[1])]])
        position = meta.end()
        if position == len(data):
            return replies, b""
        hit = _HIT.match(data, position)
    try:
        while position < len(data):
            reply, position = _read(data, position)
            if reply is not PUSH:
                replies.append(reply)
    except _Incomplete:
        pass
    return replies, data[position:]


def _read(data: bytes, position: int) -> Tuple[Any, int]:
    end = data.find(b"\r\n", position)
    if end < 0:
        raise _Incomplete
    kind = data[position]
    after = end + 2
    if kind == 36:  # $
        length = int(data[position + 1:end])
        if length < 0:
            return None, after
        stop = after + length
        if stop + 2 > len(data):
            raise _Incomplete
        return data[after:stop], stop + 2
    if kind == 58:  # :
        return int(data[position + 1:end]), after
    if kind == 42:  # *
        return _read_many(data, after, int(data[position + 1:end]))
    return _read_rarer(chr(kind), data[position + 1:end], data, after)


def _read_many(data: bytes, position: int, count: int) -> Tuple[Any, int]:
    if count < 0:
        return None, position
    items: List[Any] = []
    for _ in range(count):
        # Strings and integers again, in line: a reply of CACHE GET has a dozen of them, and a call costs more than reading.
        kind = data[position:position + 1]
        end = data.find(b"\r\n", position)
        if end > 0 and kind == b"$":
            stop = end + 2 + int(data[position + 1:end])
            if stop < end + 2:
                items.append(None)
                position = end + 2
                continue
            if stop + 2 > len(data):
                raise _Incomplete
            items.append(data[end + 2:stop])
            position = stop + 2
        elif end > 0 and kind == b":":
            items.append(int(data[position + 1:end]))
            position = end + 2
        else:
            item, position = _read(data, position)
            items.append(item)
    return items, position


def _read_rarer(kind: str, line: bytes, data: bytes, after: int) -> Tuple[Any, int]:
    if kind == "+":
        return line, after
    if kind == "-":
        text = line.decode(errors="replace")
        return (ConnectionError if text.startswith(_FOR_NOW) else ResponseError)(text), after
    if kind == "_":
        return None, after
    if kind == "%":
        return _read_many(data, after, 2 * int(line))
    if kind == ">":
        return PUSH, _read_many(data, after, int(line))[1]
    raise InvalidResponse(f"no reply begins with {kind!r}")
