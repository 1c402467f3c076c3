"""A PostgreSQL of its own for rows that break it: durable as in production, and behind
tests/crash/pg_proxy.py, which can stop and cut the switch's connections at a chosen point."""
import os
import subprocess
import tempfile

SOURCE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")
PGTMP = os.path.join(SOURCE, "tests/support/pgtmp.sh")


class Ledger:
    """Use as a context. `database` is what the switch connects to, `behind` what we do."""

    def __enter__(self):
        self.folder = tempfile.mkdtemp(prefix="fz-matrix.")
        self.cluster = os.path.join(self.folder, "pg")
        admin = self.pgtmp("start", "--durable").strip().splitlines()[-1]
        self.psql(admin, "CREATE DATABASE feezero")
        self.behind = admin.replace("dbname=postgres", "dbname=feezero")
        self.proxy = None
        with open(os.path.join(self.folder, "migrate.ini"), "w", encoding="utf-8") as config:
            config.write(f"database = {self.behind}\n")
        subprocess.run([f"{os.environ['FZ_BIN_DIR']}/fz", "-c", config.name, "--quiet", "migrate"],
                       check=True, stdout=subprocess.DEVNULL)
        fields = dict(field.split("=", 1) for field in self.behind.split())
        socket = os.path.join(fields["host"], ".s.PGSQL." + fields.get("port", "5432"))
        listen = os.path.join(self.folder, ".s.PGSQL.5432")
        self.proxy = subprocess.Popen(
            ["python3", "-B", os.path.join(SOURCE, "tests/crash/pg_proxy.py"), listen, socket],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.proxy.stdout.readline()
        self.database = f"host={self.folder} port=5432 user={fields['user']} dbname=feezero"
        return self

    def __exit__(self, *_):
        if self.proxy is not None:
            self.proxy.kill()
            self.proxy.wait()
        self.pgtmp("stop")
        subprocess.run(["rm", "-rf", self.folder], check=True)

    def pgtmp(self, verb, *options):
        return subprocess.run([PGTMP, verb, *options, self.cluster], check=True, text=True,
                              stdout=subprocess.PIPE).stdout

    @staticmethod
    def psql(conninfo, *statements):
        words = [word for statement in statements for word in ("-c", statement)]
        subprocess.run(["psql", "-X", "-q", "-v", "ON_ERROR_STOP=1", "-d", conninfo, *words],
                       check=True, stdout=subprocess.DEVNULL)

    def order(self, text):
        """Tells the proxy what to do at the next occasion."""
        self.proxy.stdin.write(text + "\n")
        self.proxy.stdin.flush()

    def report(self):
        """Waits until it has been done; what the proxy says of it."""
        return self.proxy.stdout.readline().split()

    def set(self, *statements):
        """Changes the server's settings."""
        self.psql(self.behind, *statements, "SELECT pg_reload_conf()")
