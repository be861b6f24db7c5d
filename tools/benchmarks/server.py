# SPDX-License-Identifier: Apache-2.0
"""A server to measure: started on a free loopback port with a data folder of its own."""
import glob
import http.client
import json
import os
import re
import resource
import shutil
import signal
import subprocess
import tempfile
import time

TICKS_PER_SECOND = os.sysconf("SC_CLK_TCK")


def raise_open_files():
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


def rss_of(pid):
    """Resident memory of a process, in octets."""
    with open(f"/proc/{pid}/statm", encoding="ascii") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")


class Server:
    """Context manager; `yaml` is added to the configuration."""

    def __init__(self, binary, yaml="", arguments=(), environment=None):
        self.folder = tempfile.mkdtemp(prefix="waxwing-bench-")
        self.log_path = os.path.join(self.folder, "log")
        config = os.path.join(self.folder, "waxwing.yaml")
        with open(config, "w", encoding="utf-8") as file:
            file.write("http: {port: 0}\n"
                       "log: {http_level: error}\n"
                       "security: {no_api_key: true}\n"
                       "dashboard: {enabled: false}\n"
                       "defaults: {engine: ECHO}\n"
                       f"storage: {{local: {{config: {{path: {self.folder}/data}}}}}}\n" + yaml)
        self.command = [binary, "--config", config, *arguments]
        self.environment = {key: value for key, value in os.environ.items()
                            if not key.startswith(("WAHA_", "WHATSAPP_"))}
        self.environment.update(environment or {})
        self.spawn()

    def spawn(self):
        self.port = None
        self.started = time.monotonic()
        with open(self.log_path, "wb") as log:
            self.process = subprocess.Popen(self.command, stdout=log, stderr=log,
                                            env=self.environment, cwd=self.folder,
                                            preexec_fn=raise_open_files)

    def kill_and_start(self):
        """kill -9, then a new process on the same data; back when it serves."""
        self.process.kill()
        self.process.wait()
        self.spawn()
        return self.__enter__()

    def __enter__(self):
        deadline = time.monotonic() + 20
        while self.port is None:
            with open(self.log_path, encoding="utf-8", errors="replace") as log:
                found = re.search(r"server\.started .*port=(\d+)", log.read())
            if found:
                self.port = int(found.group(1))
            elif self.process.poll() is not None or time.monotonic() > deadline:
                with open(self.log_path, encoding="utf-8", errors="replace") as log:
                    raise RuntimeError("the server did not start:\n" + log.read())
            else:
                time.sleep(0.001)
        return self

    def __exit__(self, *_):
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(30)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)

    def connection(self):
        return http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)

    def url(self, path):
        return f"http://127.0.0.1:{self.port}{path}"

    def cpu_seconds(self):
        """User and system time of the server so far."""
        with open(f"/proc/{self.process.pid}/stat", encoding="ascii") as file:
            fields = file.read().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / TICKS_PER_SECOND

    def cpu_seconds_of(self, *threads):
        """The same of the threads whose names begin like that."""
        total = 0
        for task in glob.glob(f"/proc/{self.process.pid}/task/*"):
            with open(task + "/comm", encoding="ascii") as name, \
                    open(task + "/schedstat", encoding="ascii") as ran:
                if name.read().startswith(threads):
                    total += int(ran.read().split()[0])
        return total / 1e9

    def rss_bytes(self):
        return rss_of(self.process.pid)


def call(connection, method, path, body=None):
    """Status and body of one request on a kept connection."""
    headers = {"Content-Type": "application/json"} if body is not None else {}
    connection.request(method, path, json.dumps(body) if body is not None else None, headers)
    response = connection.getresponse()
    return response.status, response.read()


def bare_sync_cpu(folder, count=300, pause=0.005):
    """CPU seconds of one write in place of two pages that is durable, nothing around it: what the
    kernel and the disk of this machine take for the least commit there can be."""
    pages = b"x" * 8192
    file = os.open(os.path.join(folder, "sync"), os.O_RDWR | os.O_CREAT, 0o600)
    try:
        os.pwrite(file, pages, 0)
        os.fsync(file)
        cpu = 0
        for _ in range(count):
            time.sleep(pause)
            before = time.thread_time()
            os.pwrite(file, pages, 0)
            os.fdatasync(file)
            cpu += time.thread_time() - before
        return cpu / count
    finally:
        os.close(file)


def bare_wake_cpu(count=300, pause=0.005):
    """CPU seconds of going to sleep and being woken that long after, as each thread does that an
    event passes through on a machine with little to do."""
    before = time.thread_time()
    for _ in range(count):
        time.sleep(pause)
    return (time.thread_time() - before) / count


def percentile(values, share):
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))]
