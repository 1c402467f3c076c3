"""The line between the programs and the switch, with faults to order: TLS is ended here, so each
request and each answer can be lost, kept back or sent twice by itself.

A fault is ordered with `line.next(REQUEST, FATE)` and strikes the next request that fits, once; the
very same bytes sent again, as HTTP libraries do by themselves, are lost. REQUEST is "METHOD
collection", such as "PUT payments". FATE is one of

  lost     the request does not arrive; the connection is cut
  unheard  it is carried out; its answer is lost and the connection cut
  half     it is carried out; the connection is cut in the middle of the answer
  twice    it arrives twice at the same time, on two connections
  refused  it does not arrive; `line.refusal` is the answer
  parked   it waits here, its sender too, until release()
  late     as `lost` for its sender; it arrives nevertheless, when release() is called

`line.down = True` cuts every connection there is and comes, until it is False again.
"""
import asyncio
import os
import sys
import threading

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "crash"))
import client_proxy  # noqa: E402

CUTTING = ("lost", "late", "unheard", "half")
client_proxy.ANSWER_S = 40  # a long-poll may take thirty


class Line(client_proxy.Proxy):
    """Use as a context; `url` is what programs connect to."""

    def __init__(self, target, certificate, key):
        super().__init__(target, certificate, key, seed=1)
        self.is_down = False
        self.orders = []
        self.refusal = b""
        self.parked = []        # events that release() sets
        self.broken = set()     # requests that were cut off: HTTP libraries send them again at once
        self.struck = []        # what happened, in order: (REQUEST, FATE)
        self.links = set()
        self.loop = asyncio.new_event_loop()
        self.port = None
        self.thread = threading.Thread(target=self.work, daemon=True)

    def __enter__(self):
        self.started = threading.Event()
        self.thread.start()
        self.started.wait(10)
        self.url = f"https://localhost:{self.port}"
        return self

    def __exit__(self, *_):
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join(10)

    def work(self):
        asyncio.set_event_loop(self.loop)
        server = self.loop.run_until_complete(asyncio.start_server(
            self.serve, "127.0.0.1", 0, limit=client_proxy.HEAD_MAX, ssl=self.server_context))
        self.port = server.sockets[0].getsockname()[1]
        self.started.set()
        self.loop.run_forever()
        server.close()
        left = asyncio.all_tasks(self.loop)
        for task in left:
            task.cancel()
        self.loop.run_until_complete(asyncio.gather(*left, return_exceptions=True))

    # --- what a test says ---------------------------------------------------------------------

    def next(self, request, fate, times=1):
        self.orders += [(request, fate)] * times

    def release(self):
        """Lets go whatever is kept back, and waits until the late ones were answered."""
        async def go():
            for event in self.parked:
                event.set()
            self.parked = []
            if self.tasks:
                await asyncio.wait(self.tasks, timeout=20)
        asyncio.run_coroutine_threadsafe(go(), self.loop).result(30)

    def reset(self):
        """Forgets orders that did not strike, after a row that failed."""
        self.forget()
        self.down = False
        self.release()

    def forget(self):
        self.orders = []

    def has_struck(self, request, fate):
        return (request, fate) in self.struck

    @property
    def down(self):
        return self.is_down

    @down.setter
    def down(self, value):
        async def cut():
            self.is_down = value
            for writer in self.links:
                writer.transport.abort()
        asyncio.run_coroutine_threadsafe(cut(), self.loop).result(10)

    # --- what happens to a request ------------------------------------------------------------

    def fate_of(self, request):
        if request in self.broken:
            return "lost"
        method, path = request.split(b" ", 2)[:2]
        name = f"{method.decode()} {path.decode().split('/')[2].split('?')[0]}"
        for at, (wanted, fate) in enumerate(self.orders):
            if wanted == name:
                del self.orders[at]
                self.struck.append((name, fate))
                if fate in CUTTING:
                    self.broken.add(request)
                return fate
        self.counts[name] += 1
        return "passed"

    async def wait_here(self):
        event = asyncio.Event()
        self.parked.append(event)
        await event.wait()

    def arrive_late(self, request):
        async def send():
            await self.wait_here()
            try:
                await self.ask_apart(request)
            except client_proxy.Gone:
                pass
        task = asyncio.ensure_future(send())
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)

    async def carry(self, link, writer, request):
        fate = self.fate_of(request)
        if fate == "late":
            self.arrive_late(request)
        if fate in ("late", "lost"):
            raise client_proxy.Gone
        if fate == "refused":
            writer.write(self.refusal)
            return
        if fate == "parked":
            await self.wait_here()
        answer = await (self.ask_twice if fate == "twice" else self.ask)(link, request)
        whole = b"".join(answer)
        if fate == "half":
            writer.write(whole[:len(whole) // 2])
            await asyncio.sleep(0)
        if fate in ("half", "unheard"):
            raise client_proxy.Gone
        writer.write(whole)
        await writer.drain()

    async def serve(self, reader, writer):
        if self.is_down:
            writer.transport.abort()
            return
        self.links.add(writer)
        try:
            await super().serve(reader, writer)
        finally:
            self.links.discard(writer)
