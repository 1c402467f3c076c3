"""A town for the API's end-to-end tests: a database of its own, a running switch, people with keys.

Needs FZ_TEST_DB (a migrated database) and FZ_BIN_DIR, which tests/support/run_test.sh sets.
Everything is made in a temporary folder and gone afterwards.
"""
import json
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time

from openapi_client import Client


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Town:
    """Use as a context: `with Town() as town`."""

    def __init__(self, workers=2, lines=()):
        """`lines` are added to the configuration file."""
        self.bin = os.environ["FZ_BIN_DIR"]
        self.database = os.environ["FZ_TEST_DB"]
        self.folder = tempfile.mkdtemp(prefix="fz-openapi.")
        self.port = free_port()
        self.ca_file = os.path.join(self.folder, "cert.pem")
        self.config = os.path.join(self.folder, "feezero.ini")
        self.log = os.path.join(self.folder, "switch.log")
        self.workers = workers
        self.lines = lines
        self.process = None
        self.deposits = 0

    def __enter__(self):
        try:
            self.write_files()
            self.community = self.fz("community", "add", "--name", "ながれやま町",
                                     "--qr-guid", "jp.example.nagareyama")["community"]
            self.start()
        except BaseException:
            self.__exit__(None, None, None)
            raise
        return self

    def __exit__(self, *_):
        stopped = self.stop()
        if os.path.exists(self.log):
            with open(self.log, encoding="utf-8") as log:
                errors = [line for line in log if " lvl=error " in line]
            print("".join(errors), end="")
        shutil.rmtree(self.folder, ignore_errors=True)
        if stopped not in (None, 0):
            raise SystemExit(f"the switch ended with {stopped}")

    def write_files(self):
        key = os.path.join(self.folder, "key.pem")
        subprocess.run(
            ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1",
             "-nodes", "-keyout", key, "-out", self.ca_file, "-days", "2", "-subj",
             "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"],
            check=True, capture_output=True)
        os.chmod(key, 0o600)
        self.code_key = os.path.join(self.folder, "code.key")
        with open(os.open(self.code_key, os.O_CREAT | os.O_WRONLY, 0o600), "wb") as file:
            file.write(os.urandom(32))
        with open(self.config, "w", encoding="utf-8") as config:
            config.write(f"listen = 127.0.0.1:{self.port}\ntls_certificate = {self.ca_file}\n"
                         f"tls_key = {key}\ndatabase = {self.database}\n"
                         f"code_key_file = {self.code_key}\n"
                         f"workers = {self.workers}\nlog_file = {self.log}\n"
                         f"public_url = https://localhost:{self.port}\nstop_timeout_s = 2\n")
            config.writelines(f"{line}\n" for line in self.lines)

    def start(self):
        self.process = subprocess.Popen([f"{self.bin}/fz-switch", "-c", self.config])
        for _ in range(300):
            try:
                if self.stranger().raw("GET", "/readyz", {}, None).status == 200:
                    return
            except OSError:
                pass
            if self.process.poll() is not None:
                break
            time.sleep(0.05)
        raise SystemExit("the switch did not become ready")

    def stop(self):
        """Ends the switch gracefully; its exit code."""
        if self.process is None:
            return None
        process, self.process = self.process, None
        process.send_signal(signal.SIGTERM)
        try:
            return process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            return "no end"

    def fz(self, *words):
        """One duty of the operator's program; its JSON result, or the list of them."""
        out = subprocess.run([f"{self.bin}/fz", "-c", self.config, "--json", "--quiet", *words],
                             check=True, capture_output=True, text=True).stdout
        results = [json.loads(line) for line in out.splitlines()]
        return results[0] if len(results) == 1 else results

    def audit(self):
        """What `fz audit` says of the books, every kept order included."""
        return subprocess.run([f"{self.bin}/fz", "-c", self.config, "audit"], check=False,
                              capture_output=True, text=True).stdout

    def sql(self, statement):
        out = subprocess.run(["psql", "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-d",
                              self.database, "-c", statement],
                             check=True, capture_output=True, text=True).stdout
        return out.strip()

    def sql_behind(self, statement):
        """The same beside us: a psql that is still at it."""
        return subprocess.Popen(["psql", "-X", "-q", "-d", self.database, "-c", statement],
                                stdout=subprocess.DEVNULL)

    # --- people -----------------------------------------------------------------------------------

    def stranger(self):
        """Somebody with a key that is not enrolled."""
        return Client(self.port, self.ca_file, self.community)

    def enrolled(self, code):
        client = self.stranger()
        answer = client.enrol(code)
        assert answer.status == 201, answer
        client.me = answer.json
        client.code = code
        return client

    def resident(self, name):
        return self.enrolled(self.fz("resident", "add", "--name", name)["code"])

    def shop(self, name, latin="NAGAREYAMA CAFE"):
        """The owner of a new shop."""
        made = self.fz("shop", "add", "--name", name, "--name-latin", latin, "--city-latin",
                       "NAGAREYAMA", "--postal", "2700192", "--mcc", "5814", "--size", "small",
                       "--bank", "0134", "--bank-name", "ﾁﾊﾞ", "--branch", "001", "--branch-name",
                       "ﾎﾝﾃﾝ", "--type", "1", "--account", "1234567", "--holder", "ｶ)ﾅｶﾞﾚﾔﾏ")
        return self.enrolled(made["code"])

    def till(self, owner):
        made = self.fz("terminal", "add", "--shop", owner.me["party_id"], "--label", "counter")
        return self.enrolled(made["code"])

    def staff(self, name, role):
        return self.enrolled(self.fz("staff", "add", "--name", name, "--role", role)["code"])

    def top_up(self, resident, amount):
        """Money that arrived in the consortium's bank account."""
        key = os.path.join(self.folder, "treasurer.pem")
        if not os.path.exists(key):
            code = self.fz("staff", "add", "--name", "財務", "--role", "treasurer")["code"]
            self.fz("key", "new", "--out", key, "--code", code)
        self.deposits += 1
        self.fz("topup", "--resident", resident.me["party_id"], "--amount", str(amount),
                "--deposit", f"DEPOSIT-{self.deposits}", "--key", key)
