"""What must hold of every answer, whatever was sent, and what is known of the switch as a process.

An answer is a success, a problem whose code and status stand in errors.def, or a documented 503.
Only what evhttp itself cannot read as HTTP may be answered with its plain HTML page.
"""
import json
import os
import re
import threading
import time

ROW = re.compile(r'^FZ_ERROR\(\w+, \d+, (\w+), (\d+), [01], "([a-z-]+)"', re.MULTILINE)
HTML_STATUS = {400, 413, 417, 501}  # evhttp's own refusals of what is no HTTP


def error_table():
    """errors.def as {slug: (class, status)}."""
    path = os.path.join(os.environ["FZ_SOURCE_DIR"], "include/feezero/errors.def")
    with open(path, encoding="utf-8") as table:
        return {slug: (kind, int(status)) for kind, status, slug in ROW.findall(table.read())}


class Judge:
    """Collects what is wrong instead of stopping at the first fault."""

    def __init__(self):
        self.errors = error_table()
        self.faults = []
        self.answers = 0
        self.codes = {}

    def expect(self, holds, what):
        if not holds:
            self.faults.append(what)

    def wrong_problem(self, answer):
        if answer.code not in self.errors:
            return f"unknown code {answer.code!r}"
        kind, status = self.errors[answer.code]
        if answer.status != status or answer.json.get("status") != status:
            return f"{answer.code} belongs to {status}"
        if kind == "FAIL":
            return "a fault of ours"
        if kind == "RETRY" and answer.headers.get("retry-after") != "1":
            return "no Retry-After"
        return None

    def wrong(self, answer):
        """Why an answer of our own code may not be so; None if it may."""
        if len(answer.headers.get("x-request-id", "")) != 16:
            return "no X-Request-Id"
        if answer.status >= 400:
            if answer.type != "application/problem+json":
                return f"a refusal as {answer.type}"
            return self.wrong_problem(answer)
        return None if answer.status in (200, 201) else "a strange status"

    def check(self, what, answer, *allowed):
        """`allowed`: statuses and problem codes; none: any that is not wrong by itself."""
        self.answers += 1
        key = answer.code or answer.status
        self.codes[key] = self.codes.get(key, 0) + 1
        wrong = self.wrong(answer)
        if wrong is None and allowed and answer.status not in allowed \
                and answer.code not in allowed:
            wrong = f"expected {' or '.join(map(str, allowed))}"
        if wrong is not None:
            self.faults.append(f"{what}: {answer}: {wrong}")
        return answer

    def check_raw(self, what, answer, *allowed):
        """The same for one answer read off a socket (hostile_wire.Reply); None: it was closed."""
        self.answers += 1
        key = None if answer is None else answer.code or answer.status
        self.codes[key] = self.codes.get(key, 0) + 1
        wrong = None
        if answer is not None and answer.type == "text/html":
            wrong = None if answer.status in HTML_STATUS else "evhttp's page for that?"
        elif answer is not None:
            wrong = self.wrong(answer)
        if wrong is None and allowed and key not in allowed \
                and (answer is None or answer.status not in allowed):
            wrong = f"expected {' or '.join(map(str, allowed))}"
        if wrong is not None:
            self.faults.append(f"{what}: {answer}: {wrong}")
        return answer


class Process:
    """The switch as the machine sees it: memory of its workers, figures, the same processes."""

    def __init__(self, town):
        self.town = town
        self.workers = self.children()
        self.before_kb = self.memory_kb()

    def children(self):
        pid = self.town.process.pid
        with open(f"/proc/{pid}/task/{pid}/children", encoding="ascii") as children:
            return sorted(int(child) for child in children.read().split())

    def memory_kb(self):
        total = 0
        for pid in self.workers:
            with open(f"/proc/{pid}/status", encoding="ascii") as status:
                total += int(re.search(r"VmRSS:\s+(\d+)", status.read()).group(1))
        return total

    def figures(self):
        """/metrics, summed over the workers."""
        client = self.town.stranger()
        text = client.raw("GET", "/metrics", {}, None).body.decode()
        client.close()
        sums = {}
        for name, value in re.findall(r"^(\w+)(?:\{[^}]*\})? ([0-9.e+-]+)$", text, re.MULTILINE):
            sums[name] = sums.get(name, 0) + float(value)
        return sums

    def judge(self, judge, growth_max_kb):
        """After the storm: same workers, nothing open but what asks, memory as before."""
        judge.expect(self.children() == self.workers, "a worker died")
        quiet = {"feezero_http_connections": 1, "feezero_http_requests_in_flight": 1,
                 "feezero_queue_length": 0, "feezero_worker_restarts_total": 0}
        for _ in range(100):
            figures = self.figures()
            left = {name: figures[name] for name in quiet if figures[name] > quiet[name]}
            if not left:
                break
            time.sleep(0.1)
        judge.expect(not left, f"left over: {left}")
        growth_kb = self.memory_kb() - self.before_kb
        judge.expect(growth_kb < growth_max_kb, f"the workers grew by {growth_kb} kB")
        return growth_kb


def at_once(judge, *calls):
    """Runs them in threads that start together; their results, in order. What one raises counts."""
    results = [None] * len(calls)
    ready = threading.Barrier(len(calls))

    def run(at):
        try:
            ready.wait()
            results[at] = calls[at]()
        except Exception as error:  # would be lost with the thread
            judge.expect(False, f"a thread of the test ended with {error!r}")

    threads = [threading.Thread(target=run, args=(at,)) for at in range(len(calls))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


def dumps(value):
    return json.dumps(value, ensure_ascii=False).encode()
