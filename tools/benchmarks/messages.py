# SPDX-License-Identifier: Apache-2.0
"""Encrypted messages: one server sends, another receives and posts them to a webhook, through the
simulator. Every one of them is durable at both ends."""
import json
import os
import subprocess
import threading
import time
import urllib.request

from .events import Receiver
from .host import wait_working
from .server import Server, call

FLAG = "--allow-test-endpoint"
YAML = ("lifecycle: {starts_per_s: 10000, starts_at_once: 10000, print_qr: false}\n"
        "limits: {sessions: 20000}\n"
        "webhooks: {connections_per_host: 64}\n")


class Simulator:
    """waxwing-simulator, which is built beside the server."""

    def __init__(self, binary):
        program = os.path.join(os.path.dirname(binary), "waxwing-simulator")
        self.process = subprocess.Popen([program, "--port", "0", "--control-port", "0"],
                                        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                                        text=True)
        told = json.loads(self.process.stdout.readline())
        self.endpoint, self.root_key = told["endpoint"], told["root_key"]
        self.control = told["control"]

    def __enter__(self):
        os.environ["WAXWING_WA_ENDPOINT"] = self.endpoint
        os.environ["WAXWING_WA_ROOT_KEY"] = self.root_key
        return self

    def __exit__(self, *_):
        del os.environ["WAXWING_WA_ENDPOINT"], os.environ["WAXWING_WA_ROOT_KEY"]
        self.process.terminate()
        self.process.wait(10)

    def post(self, path, body):
        request = urllib.request.Request(self.control.rstrip("/") + path, json.dumps(body).encode(),
                                         {"Content-Type": "application/json"})
        with urllib.request.urlopen(request, timeout=30) as response:
            return response.read()


def link(server, simulator, name, phone, config):
    """A session of GOWS, linked with the phone of that number."""
    connection = server.connection()
    status, body = call(connection, "POST", "/api/sessions",
                        {"name": name, "config": {"engine": "GOWS", **config}})
    if status != 201:
        raise RuntimeError(f"creating {name}: {body}")
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        status, body = call(connection, "GET", f"/api/{name}/auth/qr?format=raw")
        if status == 200:
            simulator.post(f"/accounts/{phone}/scan", {"qr": json.loads(body)["value"]})
            return
        time.sleep(0.02)
    raise RuntimeError(f"{name} shows no code")


def send_all(server, jobs, threads=16):
    """Posts every (session, chat) of `jobs` a text, from several connections; returns the seconds."""
    errors = []

    def work(first):
        connection = server.connection()
        for session, chat in jobs[first::threads]:
            status, body = call(connection, "POST", "/api/sendText",
                                {"session": session, "chatId": chat, "text": "x" * 100})
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
        raise RuntimeError(f"sending: {errors[0]}")
    return time.monotonic() - began


def run(binary, quick):
    sessions, each = (20, 50) if quick else (100, 100)
    phones = [str(15550100000 + i) for i in range(2 * sessions)]
    with Simulator(binary) as simulator:
        for phone in phones:
            simulator.post("/accounts", {"phone": phone, "name": "bench"})
        with Server(binary, YAML, [FLAG]) as sender, Server(binary, YAML, [FLAG]) as reader, \
                Receiver(reader.folder) as receiver:
            hook = {"webhooks": [{"url": f"http://127.0.0.1:{receiver.port}/",
                                  "events": ["message"]}]}
            for i in range(sessions):
                link(sender, simulator, f"n{i}", phones[i], {})
                link(reader, simulator, f"n{i}", phones[sessions + i], hook)
            wait_working(sender, sessions)
            wait_working(reader, sessions)
            jobs = [(f"n{i}", f"{phones[sessions + i]}@c.us") for i in range(sessions)]
            send_all(sender, jobs)  # device lists, keys, sessions
            receiver.wait(sessions)
            before_send, before_read = sender.cpu_seconds(), reader.cpu_seconds()
            before_rss = reader.rss_bytes()
            took = send_all(sender, jobs * each)
            count, _ = receiver.wait(sessions * each)
            sent = sessions * each
            # Three devices: both phones and the reader.
            yield "send3_cpu_us", (sender.cpu_seconds() - before_send) / sent * 1e6, "us"
            yield "sent_per_s", sent / took, "1/s"
            yield "received", count, "messages"
            yield "receive_cpu_us", (reader.cpu_seconds() - before_read) / max(1, count) * 1e6, "us"
            yield "session_growth_kb", (reader.rss_bytes() - before_rss) / sessions / 1024, "KB"
