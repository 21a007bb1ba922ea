"""A link between two programs of this machine: rate, delay, loss, cuts, and a count of its bytes.

It forwards TCP in user space, so that no right to change the network is needed. What TCP would do
about a lost segment is imitated: the segment, and all behind it, come a retransmission later.
"""

import asyncio
import random
import threading
import time

SEGMENT = 1448
# Linux waits this long, or longer, before it sends a lost last segment again.
RETRANSMISSION = 0.2


class Link:
    """Forwards a port of this machine to another, for the time of a `with` block."""

    def __init__(self, target, rate=None, delay=0.0, jitter=0.0, loss=0.0, seed=0):
        self.target = target
        # Bits a second, one-way seconds, and the share of segments that is lost.
        self.rate, self.delay, self.jitter, self.loss = rate, delay, jitter, loss
        # Bytes that came from the client, and from the server.
        self.up = self.down = 0
        self.connections = 0
        # When requests that ask for a computation came, by the clock of `time.monotonic`.
        self.asked = []
        self.port = None
        self._random = random.Random(seed)
        self._free = {}
        self._writers = set()
        self._stalled = False
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)

    def __enter__(self):
        self._thread.start()
        self._call(self._listen())
        return self

    def __exit__(self, *_):
        self.cut()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}"

    def cut(self):
        """Breaks all connections, and takes no new ones."""
        self._call(self._cut())

    def restore(self):
        """Takes connections again, at the same port."""
        self._call(self._listen())

    def stall(self, stalled=True):
        """Keeps connections open, but lets nothing through; what comes meanwhile is lost."""
        self._stalled = stalled

    def _call(self, coroutine):
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop).result(20)

    async def _listen(self):
        self._server = await asyncio.start_server(self._connect, "127.0.0.1", self.port or 0)
        self.port = self._server.sockets[0].getsockname()[1]

    async def _cut(self):
        self._server.close()
        for writer in list(self._writers):
            writer.transport.abort()
        tasks = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _connect(self, reader, writer):
        self.connections += 1
        self._writers.add(writer)
        far = None
        try:
            far_reader, far = await asyncio.open_connection("127.0.0.1", self.target)
            self._writers.add(far)
            await asyncio.gather(
                self._carry(reader, far, "up"), self._carry(far_reader, writer, "down")
            )
        except (OSError, asyncio.CancelledError):
            pass
        finally:
            for end in (writer, far):
                if end is not None:
                    self._writers.discard(end)
                    end.transport.abort()

    async def _carry(self, reader, writer, direction):
        """Carries one direction of a connection until its sender closes."""
        queue = asyncio.Queue()
        carrier = asyncio.ensure_future(self._deliver(queue, writer))
        try:
            while data := await reader.read(65536):
                setattr(self, direction, getattr(self, direction) + len(data))
                if data.startswith(b"POST "):
                    self.asked.append(time.monotonic())
                if not self._stalled:
                    queue.put_nowait((self._arrival(direction, len(data)), data))
            queue.put_nowait(None)
            await carrier
        finally:
            carrier.cancel()

    def _arrival(self, direction, count):
        """When bytes that are sent now have come through."""
        now = self._loop.time()
        sent = max(now, self._free.get(direction, 0.0))
        if self.rate:
            sent += 8 * count / self.rate
        segments = -(-count // SEGMENT)
        lost = sum(self._random.random() < self.loss for _ in range(segments))
        self._free[direction] = sent
        late = max(RETRANSMISSION, 2 * self.delay) if lost else 0.0
        return sent + self.delay + self._random.uniform(0, self.jitter) + late

    async def _deliver(self, queue, writer):
        while (item := await queue.get()) is not None:
            arrival, data = item
            if (wait := arrival - self._loop.time()) > 0:
                await asyncio.sleep(wait)
            writer.write(data)
            await writer.drain()
        if writer.can_write_eof():
            writer.write_eof()
