"""The rules of RFC 9110 and 9111, as tables: what is asked, what was said, what is done."""

import pytest

from nuthatch_cache import rules
from nuthatch_cache.stored import dump, load, make

LENGTH = (b"content-length", b"2")
ETAG = make([], b"{}").etag


@pytest.mark.parametrize("headers, varies_by, status, kept_for", [
    ([], [], 200, None),  # of unknown length: a stream
    ([LENGTH], [], 200, 60),
    ([LENGTH], [], 203, None),
    ([LENGTH], [], 206, None),
    ([LENGTH], [], 404, None),
    ([LENGTH], [], 500, None),
    ([LENGTH, (b"Set-Cookie", b"a=b")], [], 200, None),
    ([LENGTH, (b"Cache-Control", b"no-store")], [], 200, None),
    ([LENGTH, (b"cache-control", b"max-age=10, Private")], [], 200, None),
    ([LENGTH, (b"cache-control", b"no-cache")], [], 200, None),
    ([LENGTH, (b"cache-control", b"max-age=10")], [], 200, 10),
    ([LENGTH, (b"cache-control", b"max-age=10, s-maxage=20")], [], 200, 20),
    ([LENGTH, (b"cache-control", b"max-age=0")], [], 200, None),
    ([LENGTH, (b"cache-control", b"max-age=soon")], [], 200, 60),
    ([LENGTH, (b"vary", b"Accept-Language")], [], 200, None),
    ([LENGTH, (b"vary", b"Accept-Language")], ["accept-language"], 200, 60),
    ([LENGTH, (b"vary", b"Accept-Language, Origin")], ["accept-language"], 200, None),
    ([LENGTH, (b"vary", b"*")], ["accept-language"], 200, None),
    ([LENGTH, (b"x", b"a\nb: c")], [], 200, None),
])
def test_what_may_be_kept(headers, varies_by, status, kept_for):
    assert rules.kept_for(status, headers, 60, varies_by) == kept_for


@pytest.mark.parametrize("condition, matches", [
    (ETAG, True),
    (b"W/" + ETAG, True),
    (b'"a", ' + ETAG + b', "b"', True),
    (b"*", True),
    (b" * ", True),
    (b'"a"', False),
    (ETAG.strip(b'"'), False),
    (b"", False),
])
def test_if_none_match(condition, matches):
    assert rules.matches(condition, ETAG) is matches


@pytest.mark.parametrize("modified, since, unmodified", [
    (b"Mon, 30 Nov 2026 10:00:00 GMT", b"Mon, 30 Nov 2026 10:00:00 GMT", True),
    (b"Mon, 30 Nov 2026 10:00:00 GMT", b"Mon, 30 Nov 2026 11:00:00 GMT", True),
    (b"Mon, 30 Nov 2026 10:00:00 GMT", b"Mon, 30 Nov 2026 09:00:00 GMT", False),
    (b"Mon, 30 Nov 2026 10:00:00 GMT", b"yesterday", False),
    (None, b"Mon, 30 Nov 2026 10:00:00 GMT", False),
])
def test_if_modified_since(modified, since, unmodified):
    headers = [(b"last-modified", modified)] if modified else []
    assert rules.answer(make(headers, b""), [], None, since)[0] == (304 if unmodified else 200)


def test_if_none_match_outdoes_if_modified_since():
    stored = make([(b"last-modified", b"Mon, 30 Nov 2026 10:00:00 GMT")], b"")
    assert rules.answer(stored, [], b'"other"', b"Mon, 30 Nov 2026 11:00:00 GMT")[0] == 200


@pytest.mark.parametrize("left, grace, private, at_most, said", [
    (59.9, 0, False, None, b"max-age=59"),
    (59.9, 300, False, None, b"max-age=59, stale-while-revalidate=300"),
    (59.9, 0, True, None, b"private, max-age=59"),
    (59.9, 300, False, 10, b"max-age=10"),
    (5, 300, False, 10, b"max-age=5"),
    (59.9, 300, False, 0, b"no-cache"),
    (0, 300, False, None, b"no-cache"),
    (None, 0, False, None, b"max-age=86400"),
])
def test_what_browsers_are_told(left, grace, private, at_most, said):
    assert rules.cache_control(left, grace, private, at_most) == said


def test_what_a_304_says():
    headers = [(b"content-type", b"a/b"), (b"vary", b"Origin"), (b"content-language", b"en"), (b"x-own", b"1")]
    status, sent, body = rules.answer(make(headers, b"body"), [(b"cache-control", b"no-cache")], b"*", None)
    assert (status, body) == (304, b"")
    assert {name for name, _ in sent} == {b"etag", b"vary", b"cache-control"}


def test_tags_as_groups():
    assert rules.groups(["a:1", 'b"\\', "größe", "new\nline"]) == b'"a:1", "b\\"\\\\"'


@pytest.mark.parametrize("body", [b"", b"{}", b"\n\n", b"200\netag: x\n\n", bytes(range(256))])
def test_what_is_kept_comes_back(body):
    stored = make([(b"Content-Type", b"a/b"), (b"date", b"now"), (b"connection", b"close"), (b"x", b"a: b")], body)
    assert load(dump(stored)) == stored
    assert stored.headers == [(b"content-type", b"a/b"), (b"x", b"a: b"), (b"etag", stored.etag)]


@pytest.mark.parametrize("data", [b"", b"{}", b"200", b"200\n\n", b"404\netag: x\n\n", b'[200,[]]\nbody'])
def test_what_somebody_else_has_written_is_not_taken_for_an_answer(data):
    assert load(data) is None
