"""More clients than the switch has time for: each sends again as soon as it is answered. Their
signatures are worth nothing; whoever has no time finds that out too late."""
import asyncio
import collections
import ssl
import threading

from line import client_proxy

PUT = (b"PUT /v1/intents/00000000-0000-4000-8000-00000000%04x HTTP/1.1\r\nHost: localhost\r\n"
       b"Content-Type: application/json\r\nSignature-Input: s\r\nSignature: s\r\n"
       b"Content-Length: 2\r\n\r\n{}")


class Crowd:
    """Use as a context: they are all connected when it begins. `answers` counts the statuses,
    `refusal` is an answer in full of the switch that has no time."""

    def __init__(self, port, certificate, clients):
        self.port, self.clients = port, clients
        self.context = ssl.create_default_context(cafile=certificate)
        self.answers = collections.Counter()
        self.refusal = None
        self.loop = asyncio.new_event_loop()
        self.connected = threading.Event()
        self.ended = False
        self.thread = threading.Thread(target=self.work, daemon=True)

    def __enter__(self):
        self.thread.start()
        if not self.connected.wait(60):
            raise AssertionError("the crowd does not get in")
        return self

    def __exit__(self, *_):
        self.ended = True
        self.thread.join(60)

    def work(self):
        self.loop.run_until_complete(self.run())

    async def run(self):
        links = []
        for _ in range(self.clients):
            links.append(await asyncio.open_connection("localhost", self.port, ssl=self.context))
        self.connected.set()
        await asyncio.gather(*(self.ask(number, link) for number, link in enumerate(links)))

    async def ask(self, number, link):
        reader, writer = link
        try:
            while not self.ended:
                writer.write(PUT % number)
                head, body = await client_proxy.read_message(reader)
                status = int(head.split(b" ", 2)[1])
                self.answers[status] += 1
                if status == 503:
                    self.refusal = head + body
        except (client_proxy.Gone, OSError):
            self.answers["cut"] += 1
        finally:
            writer.transport.abort()
