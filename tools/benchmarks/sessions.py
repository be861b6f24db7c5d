# SPDX-License-Identifier: Apache-2.0
"""Native sessions: linking, memory, login, restart, thousands at once; Baileys beside them.

All of it against waxwing-simulator on this machine, whose own memory is shown as well."""
import concurrent.futures
import http.client
import json
import os
import subprocess
import time

from .server import Server, call, raise_open_files, rss_of

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
ENGINE = "GOWS"
YAML = ("lifecycle: {print_qr: false}\n"
        "limits: {sessions: 20000}\n")
FIRST_PHONE = 15550000000
LINKED_AT_ONCE = 16
PATIENCE_S = 60


class Simulator:
    """The local WhatsApp, built beside the server; context manager."""

    def __init__(self, server_binary):
        self.binary = os.path.join(os.path.dirname(server_binary), "waxwing-simulator")

    def __enter__(self):
        self.process = subprocess.Popen([self.binary, "--qr-lifetime", "3600"],
                                        stdout=subprocess.PIPE, text=True,
                                        preexec_fn=raise_open_files)
        self.info = json.loads(self.process.stdout.readline())
        self.port = int(self.info["control"].rsplit(":", 1)[1])
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait()

    def connection(self):
        return http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE_S)

    def environment(self):
        return {"WAXWING_WA_ENDPOINT": self.info["endpoint"],
                "WAXWING_WA_ROOT_KEY": self.info["root_key"]}

    def state(self):
        return json.loads(call(self.connection(), "GET", "/state")[1])


def wait_until(condition, what, limit=PATIENCE_S):
    deadline = time.monotonic() + limit
    while not condition():
        if time.monotonic() > deadline:
            raise RuntimeError("waited in vain for " + what)
        time.sleep(0.02)


def link(server, simulator, index):
    """Creates a session and has a phone of its own scan its code; back when it is linked."""
    here, there = server.connection(), simulator.connection()
    phone = str(FIRST_PHONE + index)
    status, body = call(here, "POST", "/api/sessions",
                        {"name": f"n{index}", "start": True, "engine": ENGINE})
    if status != 201:
        raise RuntimeError(f"creating a session: {status} {body}")
    call(there, "POST", "/accounts", {"phone": phone})
    deadline = time.monotonic() + PATIENCE_S
    while True:
        status, body = call(here, "GET", f"/api/n{index}/auth/qr?format=raw")
        if status == 200:
            break
        if time.monotonic() > deadline:
            raise RuntimeError(f"no code: {status} {body}")
    status, body = call(there, "POST", f"/accounts/{phone}/scan",
                        {"qr": json.loads(body)["value"]})
    if status != 200:
        raise RuntimeError(f"scanning a code: {status} {body}")


def working(server):
    _, body = call(server.connection(), "GET", "/api/sessions")
    return body.count(b'"status":"WORKING"')


def wait_working(server, simulator, count, limit=PATIENCE_S):
    # The simulator is asked first: a list of ten thousand sessions is work.
    wait_until(lambda: simulator.state()["open"] >= count, "logins", limit)
    wait_until(lambda: working(server) >= count, "WORKING", limit)


def idle_cpu(server, seconds):
    before = server.cpu_seconds()
    time.sleep(seconds)
    return (server.cpu_seconds() - before) / seconds * 100


def native(binary, count, idle_seconds, prefix=""):
    with Simulator(binary) as simulator, \
            Server(binary, YAML, ["--allow-test-endpoint"], simulator.environment()) as server:
        call(server.connection(), "GET", "/ping")
        rss, cpu = server.rss_bytes(), server.cpu_seconds()
        began = time.monotonic()
        with concurrent.futures.ThreadPoolExecutor(LINKED_AT_ONCE) as pool:
            list(pool.map(lambda i: link(server, simulator, i), range(count)))
        wait_working(server, simulator, count)
        yield prefix + "count", count, "sessions"
        yield prefix + "pair_per_s", count / (time.monotonic() - began), "1/s"
        yield prefix + "pair_cpu_ms", (server.cpu_seconds() - cpu) / count * 1000, "ms"
        yield prefix + "paired_kb", (server.rss_bytes() - rss) / count / 1000, "KB"

        server.kill_and_start()
        wait_working(server, simulator, count)
        yield prefix + f"restore{count}_s", time.monotonic() - server.started, "s"
        yield prefix + "login_cpu_ms", server.cpu_seconds() / count * 1000, "ms"
        time.sleep(1)
        # Compared with the same server without sessions.
        yield prefix + "empty_kb", (server.rss_bytes() - rss) / count / 1000, "KB"
        yield prefix + "rss_mb", server.rss_bytes() / 1e6, "MB"
        yield prefix + "idle_cpu", idle_cpu(server, idle_seconds), "% of a core"
        yield prefix + "simulator_kb", rss_of(simulator.process.pid) / count / 1000, "KB"
        yield prefix + "simulator_mb", rss_of(simulator.process.pid) / 1e6, "MB"
        yield prefix + "violations", simulator.state()["violations"], "violations"


def run_baileys(binary, script, count, limit):
    """Figures of a program of tests/interop that runs `count` clients against a simulator of their own."""
    interop = os.path.join(ROOT, "build/interop")
    subprocess.run([os.path.join(ROOT, "tests/interop/install"), interop], check=True,
                   stdout=subprocess.DEVNULL)
    with Simulator(binary) as simulator:
        output = subprocess.run(
            [os.path.join(ROOT, "tests/interop/run"), interop,
             os.path.join(ROOT, "tests/interop", script), json.dumps(simulator.info), str(count)],
            check=True, stdout=subprocess.PIPE, text=True, timeout=limit).stdout
    return json.loads(output.splitlines()[-1])  # the clients print as they please


def baileys(binary, count):
    """As many sessions of Baileys 7 in one process of Node, linked in the same way."""
    figures = run_baileys(binary, "baileys_many.mjs", count, 120)
    yield "baileys_count", count, "sessions"
    yield "baileys_pair_cpu_ms", figures["pair_cpu_ms"], "ms"
    yield "baileys_login_cpu_ms", figures["login_cpu_ms"], "ms"
    yield "baileys_empty_kb", figures["empty_kb"], "KB"


def run(binary, quick):
    """Yields (figure, value, unit)."""
    yield from native(binary, 100 if quick else 1000, 5 if quick else 20)
    yield from baileys(binary, 4 if quick else 20)
    if not quick:
        yield from native(binary, 10_000, 20, "many_")
