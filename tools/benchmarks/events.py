# SPDX-License-Identifier: Apache-2.0
"""Events to webhooks, every one of them durable: latency, CPU, throughput, a burst and its memory."""
import os
import subprocess
import tempfile
import threading
import time

from .host import create_many, wait_working
from .server import Server, bare_sync_cpu, bare_wake_cpu, call

HERE = os.path.dirname(os.path.abspath(__file__))
# What the threads of the server do for an event, by their names.
PARTS = {"sessions": ("loop-",), "storage": ("wax-store-",), "delivery": ("egress",)}
YAML = ("lifecycle: {starts_per_s: 10000, starts_at_once: 10000, print_qr: false}\n"
        "limits: {sessions: 20000}\n"
        "webhooks: {connections_per_host: 64}\n")


class Receiver:
    """The receiver of receiver.cc, built when it is not there."""

    def __init__(self, folder):
        program = os.path.join(folder, "bench-receiver")
        subprocess.run(["g++", "-O2", "-std=c++20", os.path.join(HERE, "receiver.cc"), "-o",
                        program], check=True)
        self.process = subprocess.Popen([program], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        text=True)
        self.port = int(self.process.stdout.readline())

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.stdin.close()
        self.process.wait(5)

    def report(self):
        """Events, seconds, p50 and p99 in ms since the last report."""
        self.process.stdin.write("\n")
        self.process.stdin.flush()
        count, seconds, p50, p99 = self.process.stdout.readline().split()
        return int(count), float(seconds), float(p50), float(p99)

    def wait(self, count, limit=120):
        """Collects until so many events came; returns their number and the seconds it took."""
        began = time.monotonic()
        got = 0
        while got < count and time.monotonic() < began + limit:
            time.sleep(0.1)
            got += self.report()[0]
        return got, time.monotonic() - began

    def config(self, more):
        hook = {"url": f"http://127.0.0.1:{self.port}/", "events": ["message", "message.any"]}
        return {"echo": {"loginAfterMs": 0, "echoAfterMs": 86400000, **more}, "webhooks": [hook]}


def steady(binary, seconds):
    """The engine emits by itself, so that no call to the API is counted: each session a message in
    2.5 s, 500 sessions one after the other, 200 a second."""
    sessions, every_ms = 500, 2500
    with Server(binary, YAML) as server, Receiver(server.folder) as receiver:
        create_many(server, sessions, lambda i: receiver.config(
            {"loginAfterMs": i * every_ms // sessions,
             "burst": {"count": 1000, "size": 100, "everyMs": every_ms}}))
        wait_working(server, sessions)
        time.sleep(2 * every_ms / 1000)
        receiver.report()
        before, began = server.cpu_seconds(), time.monotonic()
        parts = {part: -server.cpu_seconds_of(*names) for part, names in PARTS.items()}
        time.sleep(seconds)
        cpu, took = server.cpu_seconds() - before, time.monotonic() - began
        for part, names in PARTS.items():
            parts[part] += server.cpu_seconds_of(*names)
        count, _, p50, p99 = receiver.report()
        yield "steady_per_s", count / took, "1/s"
        yield "p50_ms", p50, "ms"
        yield "p99_ms", p99, "ms"
        yield "cpu_us", cpu / max(1, count) * 1e6, "us"
        for part, spent in parts.items():
            yield f"cpu_{part}_us", spent / max(1, count) * 1e6, "us"
    with tempfile.TemporaryDirectory(prefix="waxwing-bench-") as folder:
        yield "bare_sync_us", bare_sync_cpu(folder) * 1e6, "us"
        yield "bare_wake_us", bare_wake_cpu() * 1e6, "us"


def burst(binary, sessions, each):
    with Server(binary, YAML) as server, Receiver(server.folder) as receiver:
        call(server.connection(), "GET", "/ping")
        before_rss, before = server.rss_bytes(), server.cpu_seconds()
        peak = [0]
        done = threading.Event()

        def watch():
            while not done.wait(0.05):
                peak[0] = max(peak[0], server.rss_bytes())

        watcher = threading.Thread(target=watch)
        watcher.start()
        create_many(server, sessions, receiver.config({"burst": {"count": each, "size": 100}}))
        count, took = receiver.wait(sessions * each)
        done.set()
        watcher.join()
        yield "burst_count", count, "events"
        yield "sustained_per_s", count / took, "1/s"
        yield "burst_cpu_us", (server.cpu_seconds() - before) / max(1, count) * 1e6, "us"
        yield "burst_peak_mb", (peak[0] - before_rss) / 1e6, "MB"


def run(binary, quick):
    yield from steady(binary, 5 if quick else 20)
    yield from burst(binary, 50, 400 if quick else 2000)
