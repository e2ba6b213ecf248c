"""A thousand clients, without a client library: each a connection and one request."""

import asyncio
import resource


def allow_connections(count):
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, max(soft, count + 256)), hard))


async def get(port, path):
    """Status and body; None if the connection broke."""
    try:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(f"GET {path} HTTP/1.1\r\nHost: site\r\nConnection: close\r\n\r\n".encode())
        answer = await reader.read()
        writer.close()
    except OSError:
        return None
    head, separator, body = answer.partition(b"\r\n\r\n")
    return (int(head.split()[1]), body) if separator else None


async def all_get(port, path, clients):
    return await asyncio.gather(*(get(port, path) for _ in range(clients)))
