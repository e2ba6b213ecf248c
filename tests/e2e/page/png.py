"""PNG as Chromium writes it, of eight bits a channel: its colours, and the same picture with fewer of them."""
import collections
import struct
import zlib

COLOURS = 256


def parts(png):
    at = 8
    while at < len(png):
        size, kind = struct.unpack(">I4s", png[at:at + 8])
        yield kind, png[at + 8:at + 8 + size]
        at += size + 12


def rows_of(png):
    """Its rows, each a list of (red, green, blue)."""
    found = collections.defaultdict(bytes)
    for kind, body in parts(png):
        found[kind] += body
    width, _, bits, channels = struct.unpack(">IIBB", found[b"IHDR"][:10])
    assert bits == 8 and channels in (2, 6)
    depth = 3 if channels == 2 else 4
    stride, data, before = width * depth, zlib.decompress(found[b"IDAT"]), bytearray(width * depth)
    for at in range(0, len(data), stride + 1):
        row = bytearray(data[at + 1:at + 1 + stride])
        unfilter(data[at], row, before, depth)
        yield list(zip(row[0::depth], row[1::depth], row[2::depth]))
        before = row


def unfilter(how, row, before, depth):
    if how == 0:
        return
    for x in range(len(row)):
        left, corner = (row[x - depth], before[x - depth]) if x >= depth else (0, 0)
        up = before[x]
        guess = left + up - corner
        near = min((left, up, corner), key=lambda one: abs(guess - one)) if how == 4 else 0
        row[x] = (row[x] + (0, left, up, (left + up) // 2, near)[how]) & 255


def colours_of(png):
    """How often each is there."""
    found = collections.Counter()
    for row in rows_of(png):
        found.update(row)
    return found


def nearest(colour, palette, known):
    if colour not in known:
        known[colour] = min(range(len(palette)), key=lambda i: sum((a - b) ** 2 for a, b in zip(palette[i], colour)))
    return known[colour]


def part(kind, body):
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def lean(png):
    """The same in the 256 colours that it has most of."""
    rows = list(rows_of(png))
    counts = collections.Counter(colour for row in rows for colour in row)
    palette = [colour for colour, _ in counts.most_common(COLOURS)]
    known = {colour: i for i, colour in enumerate(palette)}
    data = b"".join(b"\0" + bytes(nearest(colour, palette, known) for colour in row) for row in rows)
    head = struct.pack(">IIBBBBB", len(rows[0]), len(rows), 8, 3, 0, 0, 0)
    return (png[:8] + part(b"IHDR", head) + part(b"PLTE", bytes(c for colour in palette for c in colour)) +
            part(b"IDAT", zlib.compress(data, 9)) + part(b"IEND", b""))
