"""A shop's receiver of webhooks, for the tests: keeps what it gets, and answers as it is told.

It checks signatures with the very code of docs/api.md, which shares nothing with the switch.
"""
import http.server
import json
import os
import re
import ssl
import threading
import time

from openapi_schema import SOURCE



def example(name):
    """A piece of code of docs/api.md."""
    with open(os.path.join(SOURCE, "docs", "api.md"), encoding="utf-8") as file:
        return re.search(rf"^```[a-z]+ {name}\n(.*?)\n```$", file.read(), re.M | re.S).group(1)


PAGE = {}
exec(example("example-webhook"), PAGE)  # code of ours, for others to use


class Message:
    def __init__(self, headers, body):
        self.at = time.time()
        self.headers = {name.lower(): value for name, value in headers.items()}
        self.body = body
        self.json = json.loads(body)
        self.id = self.headers["webhook-id"]
        self.seq = self.json["data"]["seq"]
        self.type = self.json["type"]

    def signed_by(self, secret):
        return PAGE["verified"](secret, self.headers, self.body, self.at)

    def signatures(self):
        return len(self.headers["webhook-signature"].split())


class Receiver:
    """Use as a context. `answer(message)` gives a status, or (status, headers, body), or a function
    that gets the handler and does with the connection what it likes.
    """

    def __init__(self, certificate=None, port=0):
        self.got = []
        self.lock = threading.Lock()
        self.answer = lambda message: 204
        self.connections = 0
        self.thread = None
        receiver = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def setup(self):
                with receiver.lock:
                    receiver.connections += 1
                super().setup()

            def do_POST(self):
                length = int(self.headers["content-length"])
                receiver.take(self, Message(self.headers, self.rfile.read(length)))

            def log_message(self, *_):
                pass

        class Server(http.server.ThreadingHTTPServer):
            daemon_threads = True
            allow_reuse_address = True

            def handle_error(self, *_):
                """A courier that hung up is no news."""

        self.server = Server(("127.0.0.1", port), Handler)
        scheme = "http"
        if certificate is not None:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(*certificate)
            self.server.socket = context.wrap_socket(self.server.socket, server_side=True)
            scheme = "https"
        self.port = self.server.server_address[1]
        self.url = f"{scheme}://{'localhost' if certificate else '127.0.0.1'}:{self.port}/hook?a=1"

    def __enter__(self):
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.02,))
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.thread.join()
        self.server.server_close()

    def take(self, handler, message):
        with self.lock:
            self.got.append(message)
        answer = self.answer(message)
        if callable(answer):
            answer(handler)
            return
        status, headers, body = answer if isinstance(answer, tuple) else (answer, {}, b"")
        handler.send_response(status)
        for name, value in headers.items():
            handler.send_header(name, value)
        handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        handler.wfile.write(body)

    def messages(self):
        with self.lock:
            return list(self.got)

    def wait_for(self, count, seconds=20):
        """The messages, once there are so many."""
        until = time.monotonic() + seconds
        while len(self.messages()) < count and time.monotonic() < until:
            time.sleep(0.02)
        return self.messages()
