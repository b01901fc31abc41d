"""A small HTTP server that counts and remembers for steps that cannot.

    recorder.py PORT

`GET /count/KEY` answers how often it was asked for that key. `POST` of anything prints a line `RECORD {...}`.
"""

from __future__ import annotations

import json
import sys
from collections import Counter
from http.server import BaseHTTPRequestHandler, HTTPServer


class Recorder(BaseHTTPRequestHandler):
    counts: Counter[str] = Counter()

    def do_GET(self) -> None:
        self.counts[self.path] += 1
        self.answer(str(self.counts[self.path]))

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", "0"))).decode()
        print("RECORD " + json.dumps({"path": self.path, "body": body}), flush=True)
        self.answer("ok")

    def answer(self, text: str) -> None:
        self.send_response(200)
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text.encode())

    def log_message(self, *_: object) -> None:
        """Nothing: what counts is printed."""


if __name__ == "__main__":
    server = HTTPServer(("", int(sys.argv[1])), Recorder)
    print(f"LISTENING {server.server_port}", flush=True)
    server.serve_forever()
