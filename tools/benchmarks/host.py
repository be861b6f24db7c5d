# SPDX-License-Identifier: Apache-2.0
"""The host: start, memory, reading sessions, creating and stopping them, ten thousand at once."""
import re
import subprocess
import threading
import time

from .server import Server, call, percentile

LOGGED_IN = {"echo": {"loginAfterMs": 0}}
MANY_LIMITS = ("lifecycle: {starts_per_s: 10000, starts_at_once: 10000}\n"
               "limits: {sessions: 20000}\n")


def wrk(url, connections, seconds):
    """Requests per second, p50 and p99 in ms, and the number of requests."""
    done = subprocess.run(["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "--latency", url],
                          check=True, capture_output=True, text=True).stdout

    def latency(share):
        value, unit = re.search(rf"{share}%\s+([\d.]+)(us|ms|s)", done).groups()
        return float(value) * {"us": 0.001, "ms": 1, "s": 1000}[unit]

    bad = re.search(r"Non-2xx or 3xx responses: (\d+)", done)
    if bad:
        raise RuntimeError(f"{url}: {bad.group(1)} answers were no success")
    requests = int(re.search(r"(\d+) requests in", done).group(1))
    return float(re.search(r"Requests/sec:\s+([\d.]+)", done).group(1)), latency(50), \
        latency(99), requests


def load(server, name, path, seconds):
    """Yields throughput and latency at 1, 16 and 64 connections, and the CPU of one request."""
    for connections in (1, 16, 64):
        before = server.cpu_seconds()
        rps, p50, p99, requests = wrk(server.url(path), connections, seconds)
        cpu = (server.cpu_seconds() - before) / requests * 1e6
        yield f"{name}_c{connections}_rps", rps, "1/s"
        yield f"{name}_c{connections}_p50_ms", p50, "ms"
        yield f"{name}_c{connections}_p99_ms", p99, "ms"
        if connections == 64:
            yield f"{name}_cpu_us", cpu, "us"


def create_many(server, count, config, threads=8):
    """Creates sessions n0 … from several connections; returns the seconds it took. `config` is one for
    all, or gives that of a number."""
    errors = []

    def work(first):
        connection = server.connection()
        for i in range(first, count, threads):
            status, body = call(connection, "POST", "/api/sessions",
                                {"name": f"n{i}",
                                 "config": config(i) if callable(config) else config})
            if status != 201:
                errors.append(body)
                return

    began = time.monotonic()
    workers = [threading.Thread(target=work, args=(i,)) for i in range(threads)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    if errors:
        raise RuntimeError(f"creating sessions: {errors[0]}")
    return time.monotonic() - began


def wait_working(server, count, limit=60):
    connection = server.connection()
    deadline = time.monotonic() + limit
    while time.monotonic() < deadline:
        _, body = call(connection, "GET", "/api/sessions")
        if body.count(b'"status":"WORKING"') >= count:
            return
        time.sleep(0.1)
    raise RuntimeError("the sessions did not get WORKING")


def timed(connection, method, path, body=None):
    began = time.perf_counter()
    status, answer = call(connection, method, path, body)
    if status >= 300:
        raise RuntimeError(f"{method} {path}: {status} {answer}")
    return (time.perf_counter() - began) * 1000


def start_and_idle(binary):
    times = []
    for _ in range(5):
        with Server(binary) as server:
            call(server.connection(), "GET", "/ping")
            times.append((time.monotonic() - server.started) * 1000)
            time.sleep(0.2)
            rss = server.rss_bytes()
    yield "first_200_ms", percentile(times, 0.5), "ms"
    yield "idle_rss_mb", rss / 1e6, "MB"


def reading(binary, seconds):
    with Server(binary) as server:
        create_many(server, 1, LOGGED_IN)
        wait_working(server, 1)
        yield from load(server, "get_session", "/api/sessions/n0", seconds)
    with Server(binary, MANY_LIMITS) as server:
        create_many(server, 500, LOGGED_IN)
        wait_working(server, 500)
        yield from load(server, "list500", "/api/sessions", seconds)


def changing(binary, rounds):
    with Server(binary) as server:
        connection = server.connection()
        creates, stops = [], []
        for i in range(rounds):
            creates.append(timed(connection, "POST", "/api/sessions",
                                 {"name": f"c{i}", "config": LOGGED_IN}))
        wait_working(server, rounds)
        for i in range(rounds):
            stops.append(timed(connection, "POST", f"/api/sessions/c{i}/stop"))
        yield "create_p50_ms", percentile(creates, 0.5), "ms"
        yield "create_p99_ms", percentile(creates, 0.99), "ms"
        yield "stop_p50_ms", percentile(stops, 0.5), "ms"
        yield "stop_p99_ms", percentile(stops, 0.99), "ms"


def many(binary, count):
    with Server(binary, MANY_LIMITS) as server:
        call(server.connection(), "GET", "/ping")
        before = server.rss_bytes()
        took = create_many(server, count, LOGGED_IN)
        wait_working(server, count)
        yield "many_sessions", count, "sessions"
        yield "many_create_per_s", count / took, "1/s"
        yield "session_kb", (server.rss_bytes() - before) / count / 1000, "KB"
        connection = server.connection()
        yield "many_list_ms", timed(connection, "GET", "/api/sessions"), "ms"
        for name, method, path in (("get", "GET", ""), ("stop", "POST", "/stop"),
                                   ("start", "POST", "/start")):
            times = [timed(connection, method, f"/api/sessions/n{i * 7}{path}") for i in range(100)]
            yield f"many_{name}_p50_ms", percentile(times, 0.5), "ms"


def run(binary, quick):
    yield from start_and_idle(binary)
    yield from reading(binary, 2 if quick else 5)
    yield from changing(binary, 100 if quick else 500)
    yield from many(binary, 2000 if quick else 10000)
