"""A bad network between clients and the switch: ends TLS with the town's own certificate, and does
with each request what chance says (SEED): passes it on, delays it, sends it twice on two
connections, cuts the connection before, in the middle of or instead of the answer, or cuts it and
lets the request arrive long after its sender has given it up.

  client_proxy.py LISTEN_PORT SWITCH_PORT CERTIFICATE KEY SEED

Says `ready`, works until SIGTERM, and then says how often it did what: `differing` counts requests
that got two different answers, which is the switch's fault.
"""
import asyncio
import collections
import random
import signal
import ssl
import sys

HEAD_MAX = 65536
ANSWER_S = 15
# What can happen to a request, and how often in a thousand; the rest is passed on as it is.
FATES = (("delayed", 80), ("doubled", 80), ("repeated", 40), ("cut_before", 25),
         ("cut_within", 25), ("cut_instead", 25), ("late", 25))


class Gone(Exception):
    """One side has closed its connection."""


async def read_message(reader):
    """Head and body of a request or an answer, and the first line."""
    try:
        head = await reader.readuntil(b"\r\n\r\n")
        length = 0
        for line in head.split(b"\r\n")[1:]:
            name, _, value = line.partition(b":")
            if name.lower() == b"content-length":
                length = int(value)
            elif name.lower() == b"transfer-encoding":
                raise ValueError("a message without a length")
        body = await reader.readexactly(length)
    except (asyncio.IncompleteReadError, OSError) as error:
        raise Gone from error
    return head, body


class Proxy:
    def __init__(self, target, certificate, key, seed):
        self.target = target
        self.chance = random.Random(seed)
        self.counts = collections.Counter(requests=0, differing=0)
        self.counts.update({fate: 0 for fate, _ in FATES})
        self.server_context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.server_context.load_cert_chain(certificate, key)
        self.client_context = ssl.create_default_context(cafile=certificate)
        self.tasks = set()

    def draw_fate(self):
        number = self.chance.randrange(1000)
        for fate, share in FATES:
            if number < share:
                return fate
            number -= share
        return "passed"

    async def connect(self):
        try:
            return await asyncio.open_connection("localhost", self.target, limit=HEAD_MAX,
                                                 ssl=self.client_context)
        except OSError as error:
            raise Gone from error

    async def ask(self, link, request):
        """Sends the request and reads its answer."""
        reader, writer = link
        try:
            writer.write(request)
            await writer.drain()
            return await asyncio.wait_for(read_message(reader), ANSWER_S)
        except (OSError, asyncio.TimeoutError) as error:
            raise Gone from error

    async def ask_apart(self, request):
        """The same on a connection of its own."""
        link = await self.connect()
        try:
            return await self.ask(link, request)
        finally:
            link[1].transport.abort()

    def compare(self, request, one, other):
        """A write that was answered twice, by the ledger, was answered in the same words."""
        status = [answer[0].split(b" ", 2)[1] for answer in (one, other)]
        if request.startswith(b"GET ") or any(code.startswith(b"5") for code in status):
            return
        if status[0] != status[1] or one[1] != other[1]:
            self.counts["differing"] += 1
            print("differing:", request, *one, *other, file=sys.stderr, flush=True)

    async def ask_twice(self, link, request):
        """At the same time on two connections; whose answer the client gets is chance."""
        answers = await asyncio.gather(self.ask(link, request), self.ask_apart(request),
                                       return_exceptions=True)
        good = [answer for answer in answers if not isinstance(answer, BaseException)]
        for answer in answers:
            if isinstance(answer, BaseException) and not isinstance(answer, Gone):
                raise answer
        if not good:
            raise Gone
        if len(good) == 2:
            self.compare(request, *good)
        return self.chance.choice(good)

    def later(self, request, answer):
        """Sends the request when nobody waits for it any more."""
        async def send(delay_s):
            await asyncio.sleep(delay_s)
            try:
                second = await self.ask_apart(request)
                if answer is not None:
                    self.compare(request, answer, second)
            except Gone:
                pass
        task = asyncio.ensure_future(send(self.chance.uniform(0.01, 1.0)))
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)

    async def carry(self, link, writer, request):
        """Carries one request. Gone: the client's connection shall end."""
        fate = self.draw_fate()
        self.counts["requests"] += 1
        self.counts[fate] += 1
        if fate in ("cut_before", "late"):
            if fate == "late":
                self.later(request, None)
            raise Gone
        if fate == "delayed":
            await asyncio.sleep(self.chance.uniform(0.005, 0.3))
        answer = await (self.ask_twice if fate == "doubled" else self.ask)(link, request)
        if fate == "repeated":
            self.later(request, answer)
        if fate == "cut_instead":
            raise Gone
        whole = b"".join(answer)
        if fate == "cut_within":
            writer.write(whole[:self.chance.randrange(1, len(whole))])
            await asyncio.sleep(0)  # let it go out
            raise Gone
        writer.write(whole)
        await writer.drain()

    async def serve(self, reader, writer):
        link = None
        try:
            link = await self.connect()
            while True:
                head, body = await read_message(reader)
                await self.carry(link, writer, head + body)
        except (Gone, OSError):
            pass
        finally:
            writer.transport.abort()
            if link is not None:
                link[1].transport.abort()

    async def run(self, port):
        server = await asyncio.start_server(self.serve, "127.0.0.1", port, limit=HEAD_MAX,
                                            ssl=self.server_context)
        stopped = asyncio.Event()
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stopped.set)
        print("ready", flush=True)
        await stopped.wait()
        server.close()
        if self.tasks:
            await asyncio.wait(self.tasks, timeout=ANSWER_S)
        print(" ".join(f"{name}={count}" for name, count in sorted(self.counts.items())),
              flush=True)


def main():
    port, target, certificate, key, seed = sys.argv[1:]
    asyncio.run(Proxy(int(target), certificate, key, int(seed)).run(int(port)))


if __name__ == "__main__":
    main()
