# SPDX-License-Identifier: Apache-2.0
"""Connections for engines: memory of idle ones under TLS, keep-alives, small messages through a loop."""
import os
import subprocess
import tempfile

from .server import raise_open_files

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))


def certificate(folder):
    """A key and a certificate of its own authority for loopback."""
    key, cert = os.path.join(folder, "key.pem"), os.path.join(folder, "cert.pem")
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
                    "ec_paramgen_curve:P-256", "-nodes", "-days", "2", "-subj", "/CN=bench",
                    "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", key, "-out", cert],
                   check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return key, cert


def run(_server, quick):
    """Yields (figure, value, unit)."""
    build = os.path.join(ROOT, "build/release")
    subprocess.run(["cmake", "--build", build, "--target", "net_load"], check=True,
                   stdout=subprocess.DEVNULL)
    with tempfile.TemporaryDirectory() as folder:
        npm = os.path.join(build, "bench-npm")
        subprocess.run([os.path.join(ROOT, "tests/npm/install.sh"), npm], check=True)
        key, cert = certificate(folder)
        far_end = subprocess.Popen(["node", os.path.join(npm, "ws_server.mjs"), key, cert],
                                   stdout=subprocess.PIPE, text=True, preexec_fn=raise_open_files)
        try:
            port = int(far_end.stdout.readline())
            output = subprocess.run(
                [os.path.join(build, "bin/net_load"), f"wss://127.0.0.1:{port}/echo", cert,
                 "1000" if quick else "10000"],
                check=True, stdout=subprocess.PIPE, text=True).stdout
        finally:
            far_end.kill()
            far_end.wait()
    for line in output.splitlines():
        figure, value, unit = line.split()
        yield figure, float(value), unit
