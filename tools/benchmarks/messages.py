# SPDX-License-Identifier: Apache-2.0
"""Encrypted messages through the simulator, whose phones write: received ones decrypted, durable and
posted to a webhook, sent ones encrypted for three devices and durable. Baileys beside them.

The phones, the load and the receiver are processes of their own; CPU is the server's alone."""
import concurrent.futures
import json
import os
import subprocess
import time

from .events import Receiver
from .host import wait_working
from .server import Server, call
from .sessions import Simulator, run_baileys, wait_until

FLAG = "--allow-test-endpoint"
YAML = ("lifecycle: {starts_per_s: 10000, starts_at_once: 10000, print_qr: false}\n"
        "limits: {sessions: 20000}\n"
        "webhooks: {connections_per_host: 64}\n")
FIRST_SESSION, FIRST_WRITER = 15550100000, 15550200000
LINKED_AT_ONCE = 8
PATIENCE_S = 120
# Each connection of wrk sends for the next session in turn.
WRK = """
local at = 0
function request()
  at = at % {sessions} + 1
  local body = string.format('{{"session":"n%d","chatId":"%d@c.us","text":"%s"}}',
                             at - 1, {first} + at - 1, string.rep("x", 100))
  return wrk.format("POST", "/api/sendText", {{["Content-Type"] = "application/json"}}, body)
end
"""


def jid(phone):
    return f"{phone}@s.whatsapp.net"


def add_phones(simulator, first, count):
    connection = simulator.connection()
    for i in range(count):
        call(connection, "POST", "/accounts", {"phone": str(first + i), "name": "bench"})


def link(server, simulator, name, phone, config):
    """A session of GOWS, linked with the phone of that number."""
    here, there = server.connection(), simulator.connection()
    status, body = call(here, "POST", "/api/sessions",
                        {"name": name, "config": {"engine": "GOWS", **config}})
    if status != 201:
        raise RuntimeError(f"creating {name}: {body}")
    deadline = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline:
        status, body = call(here, "GET", f"/api/{name}/auth/qr?format=raw")
        if status == 200:
            call(there, "POST", f"/accounts/{phone}/scan", {"qr": json.loads(body)["value"]})
            return
        time.sleep(0.02)
    raise RuntimeError(f"{name} shows no code")


def link_all(server, simulator, count, config, first=FIRST_SESSION):
    with concurrent.futures.ThreadPoolExecutor(LINKED_AT_ONCE) as pool:
        list(pool.map(lambda i: link(server, simulator, f"n{i}", first + i, config), range(count)))
    wait_working(server, count, PATIENCE_S)


def write(simulator, receiver, pairs, count, **how):
    """Has the phones write and waits until all of it came; (messages, seconds, p50, p99 in ms)."""
    receiver.report()
    status, body = call(simulator.connection(), "POST", "/load",
                        {"pairs": pairs, "count": count, **how})
    if status != 200:
        raise RuntimeError(f"the load: {body}")
    patience = PATIENCE_S + (count / how["per_s"] if how.get("per_s") else 0)
    wait_until(lambda: load_state(simulator)["written"] >= count, "the phones", patience)
    deadline = time.monotonic() + PATIENCE_S
    wait_until(lambda: load_state(simulator)["confirmed"] >= count, "receipts", PATIENCE_S)
    time.sleep(0.3)
    got, seconds, p50, p99 = receiver.report()
    while got < count and time.monotonic() < deadline:
        time.sleep(0.2)
        more, longer, _, _ = receiver.report()
        got, seconds = got + more, seconds + longer
    return got, seconds, p50, p99


def load_state(simulator):
    return json.loads(call(simulator.connection(), "GET", "/load")[1])


def receiving(binary, sessions, seconds, steady, slow):
    """A load as fast as it is taken, one at a steady pace, and one so slow that nothing is shared."""
    with Simulator(binary) as simulator, \
            Server(binary, YAML, [FLAG], simulator.environment()) as server, \
            Receiver(server.folder) as receiver:
        add_phones(simulator, FIRST_SESSION, sessions)
        add_phones(simulator, FIRST_WRITER, sessions)
        link_all(server, simulator, sessions, hook(receiver))
        pairs = [(str(FIRST_WRITER + i), jid(FIRST_SESSION + i)) for i in range(sessions)]
        write(simulator, receiver, pairs, 4 * sessions)  # sessions are made, caches filled

        def measured(count, **how):
            before = server.cpu_seconds()
            got, took, p50, p99 = write(simulator, receiver, pairs, count, **how)
            return got, took, p50, p99, (server.cpu_seconds() - before) / max(1, got) * 1e6

        sent = 2 * steady * seconds
        got, took, _, _, cpu = measured(sent, window=4 * sessions)
        yield "sustained_per_s", got / took, "1/s"
        yield "sustained_cpu_us", cpu, "us"
        yield "sustained_lost", sent - got, "messages"
        got, _, p50, p99, cpu = measured(steady * seconds, per_s=steady, window=0)
        yield "steady_per_s", steady, "1/s"
        yield "receive_cpu_us", cpu, "us"
        yield "steady_p50_ms", p50, "ms"
        yield "steady_p99_ms", p99, "ms"
        yield "steady_lost", steady * seconds - got, "messages"
        got, _, p50, p99, cpu = measured(slow * seconds, per_s=slow, window=0)
        yield "slow_cpu_us", cpu, "us"
        yield "slow_p50_ms", p50, "ms"
        yield "slow_p99_ms", p99, "ms"


def hook(receiver):
    return {"webhooks": [{"url": f"http://127.0.0.1:{receiver.port}/", "events": ["message"]}]}


def loaded(binary, first, more, chats, each):
    """Memory of sessions with so many chats and messages. Some sessions come first, so that what all
    of the process shares, caches above all, is there and does not count."""
    with Simulator(binary) as simulator, \
            Server(binary, YAML, [FLAG], simulator.environment()) as server, \
            Receiver(server.folder) as receiver:
        add_phones(simulator, FIRST_SESSION, first + more)
        add_phones(simulator, FIRST_WRITER, chats)
        link_all(server, simulator, first + more, hook(receiver))
        linked = server.rss_bytes()

        def fill(sessions):
            pairs = [(str(FIRST_WRITER + chat), jid(FIRST_SESSION + i))
                     for chat in range(chats) for i in sessions]
            got = write(simulator, receiver, pairs, len(pairs) * each, window=200)[0]
            time.sleep(2)
            return got

        fill(range(first))
        before = server.rss_bytes()
        got = fill(range(first, first + more))
        yield "loaded_messages", got / more, "messages of each session"
        yield "loaded_session_kb", (server.rss_bytes() - before) / more / 1000, "KB"
        yield "loaded_shared_mb", (before - linked) / 1e6, "MB"
        server.kill_and_start()
        wait_working(server, first + more, PATIENCE_S)
        time.sleep(1)
        yield "loaded_restarted_mb", server.rss_bytes() / 1e6, "MB"


def sending(binary, sessions, seconds):
    """The devices at the other end are linked and away: no receipts, which have their own price."""
    with Simulator(binary) as simulator, \
            Server(binary, YAML, [FLAG], simulator.environment()) as server:
        add_phones(simulator, FIRST_SESSION, sessions)
        add_phones(simulator, FIRST_WRITER, sessions)
        with Server(binary, YAML, [FLAG], simulator.environment()) as other:
            link_all(other, simulator, sessions, {}, FIRST_WRITER)
        link_all(server, simulator, sessions, {})
        script = os.path.join(server.folder, "send.lua")
        with open(script, "w", encoding="utf-8") as file:
            file.write(WRK.format(sessions=sessions, first=FIRST_WRITER))
        send(server, script, 2)  # device lists, keys, sessions
        before, state = server.cpu_seconds(), simulator.state()["messages"]
        began = time.monotonic()
        send(server, script, seconds)
        sent = simulator.state()["messages"] - state
        yield "send3_cpu_us", (server.cpu_seconds() - before) / max(1, sent) * 1e6, "us"
        yield "sent_per_s", sent / (time.monotonic() - began), "1/s"
        yield "violations", simulator.state()["violations"], "violations"


def send(server, script, seconds):
    done = subprocess.run(["wrk", "-t1", "-c32", f"-d{seconds}s", "--timeout", "20s", "-s", script,
                           server.url("/")], check=True, capture_output=True, text=True).stdout
    if "Non-2xx" in done or "Socket errors" in done:
        raise RuntimeError("sending: " + done)


def baileys(binary, count):
    """Baileys 7 under the same phones: nothing is posted, and its state lies in files."""
    figures = run_baileys(binary, "baileys_load.mjs", count, 300)
    for what in ("receive", "send3"):
        yield f"baileys_{what}_cpu_us", figures[what]["cpu_us"], "us"
        yield f"baileys_{what}_per_s", figures[what]["per_s"], "1/s"


def run(binary, quick):
    """Yields (figure, value, unit)."""
    yield from receiving(binary, *((50, 3, 1000, 200) if quick else (500, 10, 2500, 200)))
    yield from sending(binary, 50 if quick else 100, 3 if quick else 10)
    yield from loaded(binary, *((2, 4, 100, 10) if quick else (5, 15, 100, 100)))
    yield from baileys(binary, 200 if quick else 2000)
