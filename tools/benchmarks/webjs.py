# SPDX-License-Identifier: Apache-2.0
"""WEBJS: a real browser on the simulator's stand-in page; what we add to what Chromium takes."""
import json
import os
import re
import signal
import subprocess
import time

from .server import Server, call, percentile

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
PHONE = "15550001001"


def keepers(server):
    """Pids of the browsers' keepers: the server's children."""
    with open(f"/proc/{server.process.pid}/task/{server.process.pid}/children",
              encoding="ascii") as file:
        children = file.read().split()
    for task in os.listdir(f"/proc/{server.process.pid}/task"):
        with open(f"/proc/{server.process.pid}/task/{task}/children", encoding="ascii") as file:
            children += file.read().split()
    return [int(pid) for pid in dict.fromkeys(children)]


def pss_bytes(pid):
    with open(f"/proc/{pid}/smaps_rollup", encoding="ascii") as file:
        return int(re.search(r"^Pss:\s+(\d+)", file.read(), re.MULTILINE).group(1)) * 1024


def browser_of(keeper):
    with open(f"/proc/{keeper}/task/{keeper}/children", encoding="ascii") as file:
        return int(file.read().split()[0])


def wait_for(connection, name, status, limit_s=60):
    """Seconds until the session has that status."""
    began = time.monotonic()
    while time.monotonic() - began < limit_s:
        _, body = call(connection, "GET", f"/api/sessions/{name}")
        session = json.loads(body)
        if session["status"] == status:
            return time.monotonic() - began
        if session["status"] == "FAILED":
            raise RuntimeError(f"{name}: {session['reason']}")
        time.sleep(0.005)
    raise RuntimeError(f"{name} did not become {status}")


def create(connection, name):
    status, body = call(connection, "POST", "/api/sessions", {"name": name, "engine": "WEBJS"})
    if status != 201:
        raise RuntimeError(body)


def measure(server, control, quick):
    connection = server.connection()
    phone = Server.__new__(Server)
    phone.port = control
    to_phone = phone.connection()
    firsts = []
    for name in ("a", "b", "c")[:2 if quick else 3]:
        create(connection, name)
        firsts.append(wait_for(connection, name, "SCAN_QR_CODE"))
    yield "first_qr_s", min(firsts), "s"

    before = server.rss_bytes()
    known = set(keepers(server))
    create(connection, "more")
    wait_for(connection, "more", "SCAN_QR_CODE")
    time.sleep(1)
    keeper = (set(keepers(server)) - known).pop()
    yield "own_mb", (server.rss_bytes() - before + pss_bytes(keeper)) / 2**20, "MB"

    call(to_phone, "POST", "/accounts", {"phone": PHONE, "name": "Bench"})
    _, body = call(connection, "GET", "/api/more/auth/qr?format=raw")
    call(to_phone, "POST", f"/accounts/{PHONE}/scan", {"qr": json.loads(body)["value"]})
    wait_for(connection, "more", "WORKING")
    times = []
    for _ in range(10 if quick else 30):
        began = time.monotonic()
        status, _ = call(connection, "GET", "/api/screenshot?session=more")
        if status != 200:
            raise RuntimeError("no screenshot")
        times.append((time.monotonic() - began) * 1000)
    yield "screenshot_ms", percentile(times, 0.5), "ms"

    sessions = len(keepers(server))
    seconds = 5 if quick else 20
    cpu = server.cpu_seconds()
    time.sleep(seconds)
    yield "idle_cpu_percent", (server.cpu_seconds() - cpu) / seconds / sessions * 100, "%"

    os.kill(browser_of(keeper), signal.SIGKILL)
    wait_for(connection, "more", "STARTING")
    yield "crash_recovery_s", wait_for(connection, "more", "WORKING"), "s"


def run(binary, quick):
    """Yields (figure, value, unit)."""
    build = os.path.dirname(os.path.dirname(binary))
    subprocess.run(["cmake", "--build", build, "--target", "waxwing-simulator", "webjs-library"],
                   check=True, stdout=subprocess.DEVNULL)
    simulator = subprocess.Popen([os.path.join(build, "bin/waxwing-simulator")],
                                 stdout=subprocess.PIPE, text=True)
    try:
        said = json.loads(simulator.stdout.readline())
        control = int(said["control"].rsplit(":", 1)[1])
        with Server(binary, f"engines: {{WEBJS: {{config: {{endpoint: \"{said['web']}\"}}}}}}\n",
                    ("--allow-test-endpoint",)) as server:
            yield from measure(server, control, quick)
    finally:
        simulator.kill()
        simulator.wait()
