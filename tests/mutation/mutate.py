"""The mutation check, called by run.sh: compiles each mutant of ledger/core in a folder of its own,
links it with the tests of the core, and counts how many of them the tests notice."""

import argparse
import concurrent.futures
import contextlib
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile

import mutants

ROOT = pathlib.Path(__file__).resolve().parents[2]
HERE = ROOT / "tests/mutation"
TESTS = (
    "core/generator core/memory_store core/model core/model_pay core/precedence core/refusals "
    "core/heads_test core/rules_test core/tables_test core/property_test "
    "ledger/story ledger/story_event ledger/tables_test"
).split()
NOTICED_AT_LEAST = 95  # percent
# First a short look, then for what survived it a longer one, with other seeds.
ROUNDS = [
    {"FZ_OPERATIONS": "6000", "FZ_FIRST_SEED": "1"},
    {"FZ_OPERATIONS": "30000", "FZ_FIRST_SEED": "5000"},
]


def flags(what):
    out = subprocess.run(["pkg-config", what, "criterion", "libcrypto"], check=True,
                         capture_output=True, text=True)
    return out.stdout.split()


def compile_c(source, out):
    command = ["gcc", "-std=c17", "-D_GNU_SOURCE", "-O1", "-w", "-fno-strict-aliasing",
               f"-I{ROOT}", f"-I{ROOT}/include", "-c", str(source), "-o", str(out)]
    return subprocess.run(command + CFLAGS, capture_output=True, text=True)


def must_compile(source, out):
    done = compile_c(source, out)
    if done.returncode != 0:
        sys.exit(f"{source} does not compile:\n{done.stderr}")


def build_base(work):
    """Every object once; the mutants replace one of them."""
    jobs = []
    for source in sorted(ROOT.glob("include/src/*.c")) + sorted(ROOT.glob("ledger/core/*.c")):
        jobs.append((source, work / f"{source.stem}.o"))
    for name in TESTS:
        jobs.append((ROOT / f"tests/{name}.c", work / (name.replace("/", "_") + ".o")))
    with concurrent.futures.ThreadPoolExecutor(ARGUMENTS.jobs) as pool:
        list(pool.map(lambda job: must_compile(*job), jobs))
    return {out.name: out for _, out in jobs}


def link(objects, out):
    done = subprocess.run(["gcc", "-o", str(out), *map(str, objects), *LDFLAGS],
                          capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit(f"does not link:\n{done.stderr}")


def passes(program, settings, suites="*"):
    """True if every test passes within the time; a hang counts as noticed."""
    environment = dict(os.environ, FZ_SOURCE_DIR=str(ROOT), **settings)
    environment.pop("FZ_SEED", None)
    command = [str(program), "-j1", "--fail-fast", "--filter", f"{suites}/*"]
    run = subprocess.Popen(command, env=environment, start_new_session=True,
                           stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        return run.wait(timeout=60) == 0
    except subprocess.TimeoutExpired:
        return False
    finally:  # Criterion runs each test in a process of its own: a hanging one would stay for ever
        with contextlib.suppress(ProcessLookupError):
            os.killpg(run.pid, signal.SIGKILL)
        run.wait()


def judge(job):
    """One mutant: "noticed", "survived", "same" machine code, or "no" C."""
    mutant, text, work, objects = job
    folder = pathlib.Path(tempfile.mkdtemp(dir=work))
    stem = pathlib.Path(mutant.path).stem
    source = folder / f"{stem}.c"
    source.write_text(mutant.apply(text))
    verdict = "no"
    if compile_c(source, folder / "mutant.o").returncode == 0:
        if (folder / "mutant.o").read_bytes() == (work / f"{stem}.o").read_bytes():
            verdict = "same"
        else:
            others = [path for name, path in objects.items() if name != f"{stem}.o"]
            link([folder / "mutant.o", *others], folder / "tests")
            survived = passes(folder / "tests", ROUNDS[0])
            survived = survived and passes(folder / "tests", ROUNDS[1], "property")
            verdict = "survived" if survived else "noticed"
    shutil.rmtree(folder)
    return mutant, verdict


def read_equivalent():
    """path | function | old => new | reason, one a line."""
    known = {}
    for number, line in enumerate((HERE / "equivalent.txt").read_text().splitlines(), 1):
        if not line.strip() or line.startswith("# "):
            continue
        cells = line.split(" | ")
        cells[2:-1] = [" | ".join(cells[2:-1])]  # the code may have one as well
        if len(cells) != 4 or " => " not in cells[2] or len(cells[3]) < 10:
            sys.exit(f"equivalent.txt:{number}: not \"path | function | old => new | reason\"")
        old, new = cells[2].split(" => ", 1)
        known[(cells[0], cells[1], old, new)] = number
    return known


def choose(everything):
    if ARGUMENTS.only is not None:
        return [everything[ARGUMENTS.only - 1]]
    if ARGUMENTS.range is not None:
        first, last = (int(part) for part in ARGUMENTS.range.split("-"))
        return everything[first - 1:last:ARGUMENTS.sample]
    return everything[:: ARGUMENTS.sample]


def stale_entries(known, everything, verdicts):
    """Lines that excuse nothing: no such mutant any more, or the tests notice it."""
    stale = []
    made = {mutant.key() for mutant in everything}
    for key, number in known.items():
        seen = [verdict for mutant, verdict in verdicts if mutant.key() == key]
        if key not in made:
            stale.append(f"tests/mutation/equivalent.txt:{number}: no such mutant")
        elif seen and "survived" not in seen:
            stale.append(f"tests/mutation/equivalent.txt:{number}: the tests notice it")
    return stale


def report(everything, known, verdicts):
    counted = [(m, v) for m, v in verdicts if v in ("noticed", "survived") and m.key() not in known]
    survived = [m for m, v in counted if v == "survived"]
    noticed = len(counted) - len(survived)
    stale = stale_entries(known, everything, verdicts)
    for mutant in survived:
        print(f"survived {everything.index(mutant) + 1}: {mutant}")
    for line in stale:
        print(line)
    percent = 100 * noticed // len(counted) if counted else 100
    excused = sum(1 for m, v in verdicts if v == "survived" and m.key() in known)
    none = sum(1 for _, v in verdicts if v in ("no", "same"))
    print(f"mutants {len(counted)}, noticed {noticed}, survived {len(survived)}, percent {percent}"
          f" (and {excused} equivalent, {none} that do not compile or change nothing)")
    return 0 if percent >= NOTICED_AT_LEAST and not stale else 1


def main():
    texts, everything = {}, []
    for name in mutants.FILES:
        path = f"ledger/core/{name}.c"
        texts[path] = (ROOT / path).read_text()
        everything += mutants.mutants_of(path, texts[path])
    if ARGUMENTS.list:
        for number, mutant in enumerate(everything, 1):
            print(f"{number}: {mutant}")
        return 0
    known = read_equivalent()
    with tempfile.TemporaryDirectory(prefix="feezero-mutation-") as folder:
        work = pathlib.Path(folder)
        objects = build_base(work)
        link(objects.values(), work / "tests")
        if not all(passes(work / "tests", settings) for settings in ROUNDS):
            sys.exit("the tests fail on the sources as they are")
        jobs = [(m, texts[m.path], work, objects) for m in choose(everything)]
        with concurrent.futures.ThreadPoolExecutor(ARGUMENTS.jobs) as pool:
            verdicts = list(pool.map(judge, jobs))
    return report(everything, known, verdicts)


parser = argparse.ArgumentParser(prog="run.sh", description="Breaks ledger/core on purpose.")
parser.add_argument("--list", action="store_true", help="print the mutants, run nothing")
parser.add_argument("--only", type=int, help="this one, by its number in the list")
parser.add_argument("--range", help="A-B: those, by their numbers in the list")
parser.add_argument("--sample", type=int, default=1, help="every Nth")
parser.add_argument("--jobs", type=int, default=os.cpu_count(), help="at the same time")
ARGUMENTS = parser.parse_args()
CFLAGS, LDFLAGS = flags("--cflags"), flags("--libs")
sys.exit(main())
