"""The product as it runs: a relay, a connector behind it, and an origin that records what arrives."""

import contextlib
import http.client
import http.server
import json
import os
import shutil
import signal
import socket
import ssl
import subprocess
import tempfile
import threading
import time
from decimal import Decimal

HOST = "recorder.corp.example"


def plain(value):
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    raise TypeError(f"{type(value)} is no JSON")


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


class Recorder(http.server.ThreadingHTTPServer):
    """Answers every request with an empty object, and keeps how many came."""

    daemon_threads = True

    def __init__(self):
        self.count, self.lock = 0, threading.Lock()
        super().__init__(("127.0.0.1", 0), RecordedRequest)
        threading.Thread(target=self.serve_forever, daemon=True).start()


class RecordedRequest(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def answer(self):
        self.rfile.read(int(self.headers.get("content-length") or 0))
        with self.server.lock:
            self.server.count += 1
        body = b"" if self.command == "HEAD" else b"{}"
        self.send_response(200)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = do_OPTIONS = answer

    def log_message(self, *_):
        pass


class Product:
    """A running relay with one user, one tunnel and one connector; a context manager."""

    def __init__(self, binaries):
        self.relay_program = os.path.join(binaries, "penstock-relay")
        self.connector_program = os.path.join(binaries, "penstock-connector")
        self.children = []

    def __enter__(self):
        self.folder = tempfile.mkdtemp(prefix="penstock-scoreboard-")
        try:
            self.start()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        for child in reversed(self.children):
            child.send_signal(signal.SIGTERM)
            try:
                child.wait(15)
            except subprocess.TimeoutExpired:
                child.kill()
                child.wait()
        shutil.rmtree(self.folder, ignore_errors=True)

    def path(self, name):
        return os.path.join(self.folder, name)

    def start(self):
        self.recorder = Recorder()
        self.make_certificate()
        self.port, admin, health = free_port(), free_port(), free_port()
        relay = {
            "listen": f"127.0.0.1:{self.port}",
            "public_url": f"https://localhost:{self.port}",
            "tls": {"certificate_chain": self.path("server.crt"), "private_key": self.path("server.key")},
            "admin": {"listen": f"127.0.0.1:{admin}"},
            "data_dir": self.path("data"),
            "vault": {"master_key_file": self.path("master.key")},
            "limits": {"request_bytes": "64MiB"},
            "audit": {"durability": "relaxed"},
        }
        self.write("relay.yaml", json.dumps(relay))
        with open(self.path("init.log"), "wb") as log:
            subprocess.run(
                [self.relay_program, "init", "--config", self.path("relay.yaml"), "--operator-token-file", self.path("operator")],
                check=True, stdout=log, stderr=log,
            )  # fmt: skip
        self.run(self.relay_program, "serve", "relay")
        self.wait(admin)
        self.tls = ssl.create_default_context(cafile=self.path("root.pem"))
        self.connection = None
        with open(self.path("operator")) as file:
            operator = file.read().strip()
        user = self.demand("POST", "/v1/users", operator, {"name": "scoreboard"})["id"]
        self.user = self.demand("POST", "/v1/tokens", operator, {"kind": "user", "user_id": user})["token"]
        self.agent = self.demand("POST", "/v1/tokens", self.user, {"kind": "agent", "label": "scoreboard"})["token"]
        tunnel = self.demand("POST", "/v1/tunnels", self.user, {"name": "scoreboard"})
        self.tunnel = tunnel["id"]
        self.write("token", tunnel["token"] + "\n")
        self.origin = f"http://{HOST}:{self.recorder.server_address[1]}"
        connector = {
            "relay": f"https://localhost:{self.port}",
            "token_file": self.path("token"),
            "ca_file": self.path("root.pem"),
            "allow": [{"origin": self.origin, "encoded_slashes": "allow"}],
            "hosts": {"localhost": "127.0.0.1", HOST: "127.0.0.1"},
            "health": {"listen": f"127.0.0.1:{health}"},
        }
        self.write("connector.yaml", json.dumps(connector))
        self.run(self.connector_program, "run", "connector")
        self.wait(health)

    def write(self, name, text):
        descriptor = os.open(self.path(name), os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write(text)

    def run(self, program, command, name):
        with open(self.path(f"{name}.log"), "wb") as log:
            arguments = [program, command, "--config", self.path(f"{name}.yaml")]
            self.children.append(subprocess.Popen(arguments, stdout=log, stderr=log))

    def wait(self, port):
        """Until the last child is ready."""
        end = time.monotonic() + 60
        while time.monotonic() < end and self.children[-1].poll() is None:
            with contextlib.suppress(OSError):
                connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
                connection.request("GET", "/readyz")
                if connection.getresponse().status == 200:
                    return
            time.sleep(0.1)
        raise RuntimeError(f"{self.children[-1].args[0]} is not ready; see {self.folder}")

    def make_certificate(self):
        key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
        self.write("extensions", "subjectAltName=DNS:localhost\nextendedKeyUsage=serverAuth\nbasicConstraints=CA:FALSE\n")
        for arguments in (
            ["req", "-x509", "-days", "2", "-subj", "/CN=scoreboard", "-keyout", "root.key", "-out", "root.pem", *key],
            ["req", "-new", "-subj", "/CN=localhost", "-keyout", "server.key", "-out", "server.csr", *key],
            ["x509", "-req", "-days", "2", "-in", "server.csr", "-CA", "root.pem", "-CAkey", "root.key",
             "-set_serial", "2", "-extfile", "extensions", "-out", "server.crt"],
        ):  # fmt: skip
            subprocess.run(
                ["openssl", *arguments], cwd=self.folder, check=True,
                stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            )  # fmt: skip
        os.chmod(self.path("server.key"), 0o600)

    def send(self, method, path, token, body=None):
        """Status and JSON of one request to the relay."""
        data = None if body is None else json.dumps(body, default=plain).encode()
        headers = {"authorization": f"Bearer {token}"}
        if data is not None:
            headers["content-type"] = "application/json"
        for attempt in range(2):
            if self.connection is None:
                self.connection = http.client.HTTPSConnection("localhost", self.port, timeout=300, context=self.tls)
            try:
                self.connection.request(method, path, data, headers)
                answer = self.connection.getresponse()
                text = answer.read()
                break
            except (OSError, http.client.HTTPException):
                self.connection.close()
                self.connection = None
                if attempt:
                    raise
        try:
            return answer.status, json.loads(text) if text else None
        except ValueError:
            return answer.status, None

    def demand(self, method, path, token, body=None):
        status, answer = self.send(method, path, token, body)
        if not 200 <= status < 300:
            raise RuntimeError(f"{method} {path}: {status} {json.dumps(answer)[:600]}")
        return answer
