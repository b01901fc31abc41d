"""A stand-in for a Docker daemon: it takes the requests that the DockerOperator makes for a task and keeps what each container was to be.

No container runs. Airflow's operator and docker-py are the real ones, so what is kept is what a daemon would be told.
"""

from __future__ import annotations

import collections
import json
import re
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Daemon:
    def __init__(self) -> None:
        self.created: list[dict] = []
        self.counts: collections.Counter[str] = collections.Counter()
        daemon = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                path = self.of()
                if path == "/version":
                    self.answer({"ApiVersion": "1.44"})
                elif path == "/_ping":
                    self.answer("OK")
                elif path == "/images/json":
                    self.answer([{"Id": "there"}])
                else:  # A container that is inspected.
                    self.answer({"Config": {"Tty": False}})

            def do_POST(self) -> None:
                path = self.of()
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                if path == "/containers/create":
                    daemon.created.append(json.loads(body))
                    self.answer({"Id": "one", "Warnings": []}, 201)
                elif path.endswith("/wait"):
                    self.answer({"StatusCode": 0})
                elif path == "/images/create":
                    daemon.counts["pulled"] += 1
                    self.answer({"status": "pulled"})
                elif path.endswith("/attach"):  # A stream that ends at once.
                    self.send_response(200)
                    self.end_headers()
                else:
                    daemon.counts["started"] += path.endswith("/start")
                    self.answer(None, 204)

            def do_DELETE(self) -> None:
                daemon.counts["removed"] += 1
                self.answer(None, 204)

            def of(self) -> str:
                return re.sub(r"^/v[0-9.]+", "", self.path.split("?")[0])

            def answer(self, value: object, status: int = 200) -> None:
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.end_headers()
                if value is not None:
                    self.wfile.write((value if isinstance(value, str) else json.dumps(value)).encode())

            def log_message(self, *_: object) -> None:
                pass

        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"tcp://127.0.0.1:{server.server_port}"
        threading.Thread(target=server.serve_forever, daemon=True).start()

    def forget(self) -> None:
        """Forgets all that it was told."""
        self.created.clear()
        self.counts.clear()
