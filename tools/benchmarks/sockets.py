# SPDX-License-Identifier: Apache-2.0
"""Listening on /ws: a thousand clients, each of a session of its own, and all of one session."""
import asyncio
import json
import resource
import time

from .host import MANY_LIMITS, create_many, wait_working
from .server import Server, percentile

ECHO = {"echo": {"loginAfterMs": 0, "echoAfterMs": 0}}
SENDERS = 8
HANDSHAKE = ("GET /ws?{query} HTTP/1.1\r\nHost: bench\r\nUpgrade: websocket\r\n"
             "Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
             "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n")


class Client(asyncio.Protocol):
    """Reads text frames; the text of a message is the time at which its call was sent."""

    def __init__(self, query, arrivals):
        self.query = query
        self.arrivals = arrivals
        self.buffer = b""
        self.opened = asyncio.get_running_loop().create_future()

    def connection_made(self, transport):
        transport.write(HANDSHAKE.format(query=self.query).encode())

    def data_received(self, data):
        now = time.perf_counter()
        self.buffer += data
        if not self.opened.done():
            head, end, rest = self.buffer.partition(b"\r\n\r\n")
            if not end:
                return
            if not head.startswith(b"HTTP/1.1 101"):
                raise RuntimeError(head.decode())
            self.opened.set_result(None)
            self.buffer = rest
        while len(self.buffer) >= 2:
            size, start = self.buffer[1], 2
            if size == 126:
                size, start = int.from_bytes(self.buffer[2:4], "big"), 4
            if len(self.buffer) < start + size or len(self.buffer) < start:
                return
            if self.buffer[0] == 0x81:
                sent = json.loads(self.buffer[start:start + size])["payload"]["body"]
                self.arrivals.append((now - float(sent)) * 1000)
            self.buffer = self.buffer[start + size:]


async def connect(server, queries, arrivals):
    loop = asyncio.get_running_loop()
    for query in queries:
        _, client = await loop.create_connection(lambda q=query: Client(q, arrivals),
                                                 "127.0.0.1", server.port)
        await client.opened


async def send(server, sessions, per_s, seconds):
    """Messages at a steady pace, round and round over the sessions; returns how many."""
    sent = 0
    began = time.perf_counter()

    async def sender(first):
        nonlocal sent
        reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
        for i in range(first, int(per_s * seconds), SENDERS):
            delay = began + i / per_s - time.perf_counter()
            if delay > 0:
                await asyncio.sleep(delay)
            body = json.dumps({"session": sessions[i % len(sessions)], "chatId": "12345@c.us",
                               "text": repr(time.perf_counter())})
            writer.write((f"POST /api/sendText HTTP/1.1\r\nHost: bench\r\nContent-Length: {len(body)}\r\n"
                          "Content-Type: application/json\r\n\r\n" + body).encode())
            head = await reader.readuntil(b"\r\n\r\n")
            if not head.startswith(b"HTTP/1.1 201"):
                raise RuntimeError(head.decode())
            length = next(int(line.split(b":")[1]) for line in head.split(b"\r\n")
                          if line.lower().startswith(b"content-length"))
            await reader.readexactly(length)
            sent += 1
        writer.close()

    await asyncio.gather(*(sender(i) for i in range(SENDERS)))
    return sent


async def until_all(arrivals, count):
    deadline = time.monotonic() + 30
    while len(arrivals) < count:
        if time.monotonic() > deadline:
            raise RuntimeError(f"{len(arrivals)} of {count} events came")
        await asyncio.sleep(0.05)


async def measure(server, name, sessions, queries, per_s, seconds):
    """The same calls without and with clients; what differs is what listening costs."""
    arrivals = []
    before = server.cpu_seconds()
    await send(server, sessions, per_s, seconds)
    without = server.cpu_seconds() - before
    memory = server.rss_bytes()
    await connect(server, queries, arrivals)
    memory = server.rss_bytes() - memory
    per_call = len(queries) // len(sessions)
    before, began = server.cpu_seconds(), time.perf_counter()
    sent = await send(server, sessions, per_s, seconds)
    await until_all(arrivals, sent * per_call)
    took = time.perf_counter() - began
    used = server.cpu_seconds() - before
    return [(f"{name}_clients", len(queries), "clients"),
            (f"{name}_events_per_s", len(arrivals) / took, "1/s"),
            (f"{name}_p50_ms", percentile(arrivals, 0.5), "ms"),
            (f"{name}_p99_ms", percentile(arrivals, 0.99), "ms"),
            (f"{name}_server_cpu", used / took * 100, "%"),
            (f"{name}_listening_cpu_us", (used - without) / len(arrivals) * 1e6, "us"),
            (f"{name}_client_kb", memory / len(queries) / 1000, "KB")]


def run(binary, quick):
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    seconds = 5 if quick else 10
    count = 1000
    with Server(binary, MANY_LIMITS) as server:
        create_many(server, count, ECHO)
        wait_working(server, count)
        sessions = [f"n{i}" for i in range(count)]
        queries = [f"session={name}&events=message" for name in sessions]
        yield from asyncio.run(measure(server, "own_session", sessions, queries, 1000, seconds))
    with Server(binary, MANY_LIMITS) as server:
        create_many(server, 1, ECHO)
        wait_working(server, 1)
        queries = ["session=n0&events=message"] * count
        yield from asyncio.run(measure(server, "one_session", ["n0"], queries, 10, seconds))
