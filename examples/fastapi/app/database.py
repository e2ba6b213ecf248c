"""A database as slow as one, and as ignorant of caches: SQLite, in a file that all workers share.

SQLite blocks whoever calls it. So it is called in threads, and the event loop goes on with other requests meanwhile.
"""

import asyncio
import os
import sqlite3
import time
from typing import Any, Dict, Optional

PATH = os.environ.get("DATABASE", "/tmp/nuthatch-example.sqlite")
SECONDS = float(os.environ.get("DATABASE_SECONDS", "0.05"))  # for each question

TABLE = """CREATE TABLE IF NOT EXISTS articles (
    name TEXT PRIMARY KEY, title TEXT NOT NULL, author TEXT NOT NULL, changed INTEGER NOT NULL)"""

reads = 0  # of this process


async def read(name: str) -> Optional[Dict[str, Any]]:
    global reads
    reads += 1
    return await asyncio.to_thread(_read, name)


async def version(name: str) -> str:
    """Another with each change. Quick to ask, as an index or an `updated_at` is."""
    row = await asyncio.to_thread(_row, "SELECT changed FROM articles WHERE name = ?", name)
    return str(row[0]) if row else "none"


async def write(name: str, title: str, author: str) -> None:
    await asyncio.to_thread(_write, name, title, author)


def _read(name: str) -> Optional[Dict[str, Any]]:
    time.sleep(SECONDS)
    row = _row("SELECT name, title, author FROM articles WHERE name = ?", name)
    return dict(zip(("name", "title", "author"), row)) if row else None


def _row(query: str, *values: Any) -> Any:
    connection = _connect()
    try:
        return connection.execute(query, values).fetchone()
    finally:
        connection.close()


def _write(name: str, title: str, author: str) -> None:
    time.sleep(SECONDS)
    connection = _connect()
    try:
        with connection:
            connection.execute("INSERT OR REPLACE INTO articles VALUES (?, ?, ?, ?)",
                               (name, title, author, time.time_ns()))
    finally:
        connection.close()


def _connect() -> sqlite3.Connection:
    connection = sqlite3.connect(PATH, timeout=10)
    connection.execute(TABLE)
    return connection
