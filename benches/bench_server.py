"""Load on the real server over loopback, beside the engine alone and the reference's batching.

    python benches/bench_server.py [--seconds 10] [--connections 1 8 32 64] [--workers 1]

Prints, for each number of connections: requests and windows a second, p50/p95/p99, batch fill.
Then what the server costs over calling the engine directly: the share of the engine's
throughput that is left at 32 connections, and the time that a lone request takes longer.

The peer is a server with the reference's way of coalescing (10 ms of waiting, requests with
equal parameters only, batches of 8 windows in the order of arrival) over this same engine, so
that the difference is the scheduling and nothing else.

The load generator takes CPU time from the server when both share few cores: it is as small as
it can be, and its own share is printed.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import os
import random
import re
import socket
import statistics
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import uvicorn
from fastapi import FastAPI, Request

from gliner_fast import GLiNER
from gliner_fast.types import DecodeOptions, DetectOptions

HERE = Path(__file__).resolve().parent
WORKLOAD = HERE.parent / "tests" / "data" / "workload.json"
CHAT = "/v1/chat/completions"


# -- the work -----------------------------------------------------------------------------


def make_bodies(count: int = 200, seed: int = 7) -> list[dict[str, Any]]:
    """Requests of mixed lengths, label sets, thresholds and modes, the same on every run."""
    random_ = random.Random(seed)
    work = json.loads(WORKLOAD.read_text(encoding="utf-8"))
    sentences = re.split(r"(?<=[.;]) ", work["note"])
    bodies = []
    for _ in range(count):
        # Mostly notes of a few hundred characters; one in twenty is a long document.
        number = random_.choice([1, 2, 3, 5, 8, 12]) if random_.random() < 0.95 else 150
        text = " ".join(random_.choice(sentences) for _ in range(number))
        labels = random_.sample(work["labels"], random_.choice([3, 10, len(work["labels"])]))
        bodies.append(
            {
                "messages": [{"role": "user", "content": text}],
                "labels": labels,
                "threshold": random_.choice([0.3, 0.5]),
                "chunk_length": 384,
                "overlap": 128,
                "flat_ner": random_.random() < 0.5,
            }
        )
    return bodies


# -- the load -----------------------------------------------------------------------------


@dataclass
class Load:
    """What a run of load saw.

    Attributes:
        latencies: Seconds of each answered request, in order of their ends.
        ends: Seconds since the start at which they ended.
        windows: Windows of the answered requests.
        errors: What went wrong, by description.
    """

    latencies: list[float] = field(default_factory=list)
    ends: list[float] = field(default_factory=list)
    windows: int = 0
    errors: dict[str, int] = field(default_factory=dict)
    seconds: float = 0.0
    cpu: float = 0.0

    def percentile(self, share: float) -> float:
        """Latency in milliseconds that this share of requests does not exceed."""
        ordered = sorted(self.latencies)
        if not ordered:
            return float("nan")
        return 1000 * ordered[min(len(ordered) - 1, int(share * len(ordered)))]

    @property
    def rate(self) -> float:
        """Answers a second."""
        return len(self.latencies) / self.seconds


def request_bytes(body: dict[str, Any]) -> bytes:
    """A whole HTTP request, made before the clock starts."""
    raw = json.dumps(body).encode()
    return (
        f"POST {CHAT} HTTP/1.1\r\nhost: bench\r\ncontent-type: application/json\r\n"
        f"content-length: {len(raw)}\r\n\r\n"
    ).encode() + raw


def window_count(body: dict[str, Any]) -> int:
    """Character windows of a request."""
    beyond = max(0, len(body["messages"][0]["content"]) - body["chunk_length"])
    return 1 + -(-beyond // (body["chunk_length"] - body["overlap"]))


async def drive(
    port: int,
    connections: int,
    seconds: float,
    bodies: list[dict[str, Any]],
    check: Callable[[bytes], str | None] | None = None,
) -> Load:
    """Keep-alive connections that each send one request after another."""
    prepared = [(request_bytes(body), window_count(body)) for body in bodies]
    load = Load()
    began, cpu = time.perf_counter(), time.process_time()
    until = began + seconds

    async def one(index: int) -> None:
        # Everyone starts elsewhere, or all would send the same request at the same time.
        position = index * len(prepared) // connections
        reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=2**24)
        while time.perf_counter() < until:
            request, windows = prepared[position % len(prepared)]
            position += 1
            sent = time.perf_counter()
            try:
                writer.write(request)
                head = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 120)
                length = int(re.search(rb"content-length: (\d+)", head)[1])  # type: ignore[index]
                answer = await reader.readexactly(length)
                status = head[9:12].decode()
                wrong = f"status {status}" if status != "200" else check and check(answer)
            except (OSError, EOFError, asyncio.TimeoutError) as error:
                wrong = type(error).__name__
                reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=2**24)
            now = time.perf_counter()
            if wrong:
                load.errors[wrong] = load.errors.get(wrong, 0) + 1
                continue
            load.latencies.append(now - sent)
            load.ends.append(now - began)
            load.windows += windows
        writer.close()

    await asyncio.gather(*(one(index) for index in range(connections)))
    load.seconds = time.perf_counter() - began
    load.cpu = (time.process_time() - cpu) / load.seconds
    return load


# -- the servers --------------------------------------------------------------------------


class ServerProcess:
    """A server started for measuring; ``with`` ends it."""

    def __init__(self, command: list[str]) -> None:
        self.process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
        assert self.process.stderr is not None
        self.port = 0
        for line in self.process.stderr:
            if found := re.search(r"port=(\d+)", line):
                self.port = int(found[1])
                break
        assert self.port, "the server did not start"
        # Somebody has to read on, or its log would fill the pipe and block it.
        threading.Thread(target=self._discard, daemon=True).start()
        while self.get("/readyz", quiet=True) is None:
            assert self.process.poll() is None, "the server ended"
            time.sleep(0.1)

    def _discard(self) -> None:
        assert self.process.stderr is not None
        for _ in self.process.stderr:
            pass

    def get(self, path: str, quiet: bool = False) -> str | None:
        """The body of a GET, None on errors when ``quiet``."""
        try:
            url = f"http://127.0.0.1:{self.port}{path}"
            with urllib.request.urlopen(url, timeout=10) as answer:
                return str(answer.read().decode())
        except OSError:
            if quiet:
                return None
            raise

    def batches(self) -> tuple[float, float, float, float]:
        """Sums so far: real tokens, padded tokens, batches, windows."""
        text = self.get("/metrics", quiet=True) or ""

        def read(name: str) -> float:
            found = re.search(rf"^{name} ([\d.e+]+)$", text, re.MULTILINE)
            return float(found[1]) if found else 0.0

        return (
            read("gliner_tokens_total"),
            read("gliner_batch_tokens_sum"),
            read("gliner_batch_tokens_count"),
            read("gliner_windows_total"),
        )

    def __enter__(self) -> ServerProcess:
        return self

    def __exit__(self, *_: object) -> None:
        self.process.terminate()
        try:
            self.process.wait(30)
        except subprocess.TimeoutExpired:
            self.process.kill()


def ours(*flags: str) -> list[str]:
    """Command of the server under test."""
    return [
        *(sys.executable, "-m", "gliner_fast.server", "--port", "0", "--log-level", "info"),
        *flags,
    ]


def peer_main(model: str | None, threads: int) -> None:
    """The peer: the same routes in the least code, the reference's coalescing."""
    engine = GLiNER.from_pretrained(model, threads=threads).engine
    queue: asyncio.Queue[tuple[Any, asyncio.Future[Any]]] = asyncio.Queue()

    @contextlib.asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        app.state.worker = asyncio.create_task(work())
        yield

    app = FastAPI(lifespan=lifespan)

    def detect(plans: list[Any]) -> list[Any]:
        windows = [window for plan in plans for window in plan.windows]
        spans = []
        for first in range(0, len(windows), 8):
            spans += engine.run(windows[first : first + 8])
        results, at = [], 0
        for plan in plans:
            results.append(engine.assemble(plan, spans[at : at + len(plan.windows)]))
            at += len(plan.windows)
        return results

    async def work() -> None:
        loop = asyncio.get_running_loop()
        while True:
            jobs = [await queue.get()]
            until = loop.time() + 0.010
            while len(jobs) < 32 and (left := until - loop.time()) > 0:
                try:
                    jobs.append(await asyncio.wait_for(queue.get(), left))
                except asyncio.TimeoutError:
                    break
            groups: dict[Any, list[tuple[Any, asyncio.Future[Any]]]] = {}
            for job in jobs:
                groups.setdefault(job[0][1:], []).append(job)
            for (labels, threshold, flat, length, overlap), members in groups.items():
                options = DetectOptions(DecodeOptions(threshold, flat), length, overlap)
                texts = [key[0] for key, _ in members]

                def run(labels: Any = labels, options: Any = options, texts: Any = texts) -> Any:
                    return detect([engine.plan(text, labels, options) for text in texts])

                results = await loop.run_in_executor(None, run)
                for (_, future), found in zip(members, results, strict=True):
                    future.set_result(found)

    @app.get("/readyz")
    async def readyz() -> dict[str, str]:
        return {}

    @app.post(CHAT)
    async def chat(request: Request) -> dict[str, Any]:
        body = await request.json()
        names = ("threshold", "flat_ner", "chunk_length", "overlap")
        params = tuple(body[name] for name in names)
        key = (body["messages"][-1]["content"], tuple(body["labels"]), *params)
        future: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        await queue.put((key, future))
        found = await future
        content = json.dumps({"entities": found})
        message = {"role": "assistant", "content": content}
        return {"choices": [{"index": 0, "message": message, "finish_reason": "stop"}]}

    listener = socket.create_server(("127.0.0.1", 0))
    print(f"port={listener.getsockname()[1]}", file=sys.stderr, flush=True)
    config = uvicorn.Config(app, access_log=False, log_level="warning")
    asyncio.run(uvicorn.Server(config).serve(sockets=[listener]))


# -- the engine alone ---------------------------------------------------------------------


def engine_alone(
    model: str | None, threads: int, bodies: list[dict[str, Any]], seconds: float
) -> tuple[float, float]:
    """Windows a second of the engine with 32 requests at a time, and a lone request's p50 in ms.

    Encoding, batches and entities included: what any server over it has to do.
    """
    engine = GLiNER.from_pretrained(model, threads=threads).engine

    def arguments(body: dict[str, Any]) -> tuple[str, list[str], DetectOptions]:
        decode = DecodeOptions(body["threshold"], body["flat_ner"])
        options = DetectOptions(decode, body["chunk_length"], body["overlap"])
        return body["messages"][0]["content"], body["labels"], options

    asked = [arguments(body) for body in bodies]
    began, windows, position = time.perf_counter(), 0, 0
    while time.perf_counter() - began < seconds:
        group = [(position + n) % len(asked) for n in range(32)]
        engine.run_plans([engine.plan(*asked[n]) for n in group])
        windows += sum(window_count(bodies[n]) for n in group)
        position += 32
    rate = windows / (time.perf_counter() - began)
    lone = asked[shortest(bodies)]
    times = []
    for _ in range(200):
        at = time.perf_counter()
        engine.detect(*lone)
        times.append(time.perf_counter() - at)
    return rate, 1000 * statistics.median(times)


def shortest(bodies: list[dict[str, Any]]) -> int:
    """Index of a short request."""
    return min(range(len(bodies)), key=lambda n: len(bodies[n]["messages"][0]["content"]))


def table(name: str, command: list[str], args: argparse.Namespace) -> dict[int, Load]:
    """Measure one server at every number of connections."""
    bodies = make_bodies()
    print(
        f"\n{name}\n  conns    req/s  windows/s    p50 ms    p95 ms    p99 ms   fill  win/batch"
        "  client CPU"
    )
    loads: dict[int, Load] = {}
    with ServerProcess(command) as server:
        asyncio.run(drive(server.port, 4, min(2.0, args.seconds), bodies))
        for connections in args.connections:
            before = server.batches()
            load = loads[connections] = asyncio.run(
                drive(server.port, connections, args.seconds, bodies)
            )
            real, padded, batches, windows = (
                b - a for a, b in zip(before, server.batches(), strict=True)
            )
            fill = f"{real / padded:6.2f} {windows / batches:10.1f}" if padded else " " * 17
            print(
                f"  {connections:5d} {load.rate:8.1f} {load.windows / load.seconds:10.1f} "
                f"{load.percentile(0.5):9.1f} {load.percentile(0.95):9.1f} "
                f"{load.percentile(0.99):9.1f} {fill} {100 * load.cpu:9.0f} %"
            )
            if load.errors:
                print(f"        errors: {load.errors}")
        lone = [bodies[shortest(bodies)]]
        loads[0] = asyncio.run(drive(server.port, 1, min(3.0, args.seconds), lone))
    return loads


def main() -> int:
    """Run all measurements."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--seconds", type=float, default=10.0, help="of each measurement")
    parser.add_argument("--connections", type=int, nargs="+", default=[1, 8, 32, 64])
    parser.add_argument(
        "--model", help="model folder or Hub repository; the packaged one if absent"
    )
    parser.add_argument("--threads", type=int, default=0)
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--no-peer", action="store_true", help="leave the peer out")
    parser.add_argument("--json", type=Path, help="also write the figures here")
    parser.add_argument("--peer-process", action="store_true", help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.peer_process:
        peer_main(args.model, args.threads)
        return 0
    model = ["--model", args.model] if args.model else []
    threads = ["--threads", str(args.threads)]
    bodies = make_bodies()
    windows = [window_count(body) for body in bodies]
    print(
        f"{len(bodies)} different requests, {statistics.mean(windows):.1f} windows on average, "
        f"at most {max(windows)}; {os.cpu_count()} CPUs"
    )
    rate, lone = engine_alone(args.model, args.threads, bodies, args.seconds)
    print(
        f"engine alone: {rate:.1f} windows/s with 32 requests at a time; a lone one {lone:.2f} ms"
    )
    mine = table("gliner-fast", ours(*model, *threads, "--workers", str(args.workers)), args)
    figures = {"engine": {"windows_per_second": rate, "lone_ms": lone}}
    if not args.no_peer:
        peer = [sys.executable, str(Path(__file__).resolve()), "--peer-process", *model, *threads]
        figures["peer"] = summary(table("the reference's coalescing", peer, args))
    figures["server"] = summary(mine)
    busiest = mine.get(32) or mine[args.connections[-1]]
    share = 100 * busiest.windows / busiest.seconds / rate
    print(f"\nat 32 connections: {share:.1f} % of the engine's throughput (goal: 95 %)")
    print(f"a lone request: {mine[0].percentile(0.5) - lone:+.2f} ms over the engine (goal: 2 ms)")
    if args.json:
        args.json.write_text(json.dumps(figures, indent=1) + "\n", encoding="utf-8")
    return 1 if any(load.errors for load in mine.values()) else 0


def summary(loads: dict[int, Load]) -> dict[str, Any]:
    """Figures for a file."""
    return {
        ("lone" if connections == 0 else str(connections)): {
            "requests_per_second": load.rate,
            "windows_per_second": load.windows / load.seconds,
            **{f"p{n}_ms": load.percentile(n / 100) for n in (50, 95, 99)},
            "errors": load.errors,
        }
        for connections, load in loads.items()
    }


if __name__ == "__main__":
    sys.exit(main())
