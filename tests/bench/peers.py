"""Runs the tools by turns on seeded corpora and prints a table; started by peers.sh, whose head tells the options."""
import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
SIZES = {"mixed": (1, 1), "large": (4, 2), "small": (100_000, 5_000), "image": (4096, 256)}
OPERATIONS = ["start-up", "first backup", "first backup, silo apart", "unchanged again", "1 % in 4 MiB blocks", "1 % in 4 KiB pages", "restore", "restore one file"]
# What changed less than this before a backup is read again by the next one.
SETTLING = 75


class Tool:
    """One tool on one corpus: a repository of its own, made afresh."""

    def __init__(self, name, place, source):
        self.name, self.place, self.source = name, place, source
        self.store = os.path.join(place, "store")
        self.env = dict(os.environ, HOME=place)
        os.makedirs(place)

    def prepare(self):
        pass

    def stored(self):
        return sum(os.path.getsize(os.path.join(folder, name)) for folder, _, names in os.walk(self.store) for name in names)


class Rvault(Tool):
    def command(self, *words):
        return [os.environ["RVAULT"], *words, "--store", self.store, "--keys", os.path.join(self.place, "keys"), "--no-progress", "-o", "json"]

    def prepare(self):
        call(self.command("vault", "create", "--name", "bench", "--location", "here"), self.env)
        call(self.command("protection", "enable", *self.item(), "--source", self.source), self.env)

    @staticmethod
    def item():
        return ["--vault-name", "bench", "--item-name", "data"]

    def start(self):
        return self.command("vault", "list")

    def backup(self):
        return self.command("protection", "backup-now", *self.item())

    def restore(self, target, path):
        return self.command("restore", "run", *self.item(), "--target", target, *(["--include", path] if path else []))


class Restic(Tool):
    def command(self, *words):
        return ["restic", "-q", "-r", self.store, *words]

    def prepare(self):
        self.env["RESTIC_PASSWORD"] = "x"
        call(self.command("init"), self.env)

    def start(self):
        return self.command("snapshots")

    def backup(self):
        return self.command("backup", self.source)

    def restore(self, target, path):
        return self.command("restore", "latest", "--target", target, *(["--include", os.path.join(self.source, path)] if path else []))


class Borg(Tool):
    def prepare(self):
        self.env.update(BORG_PASSPHRASE="x", BORG_REPO=self.store, BORG_RELOCATED_REPO_ACCESS_IS_OK="yes")
        self.count = 0
        call(["borg", "init", "-e", "repokey-blake2"], self.env)

    def start(self):
        return ["borg", "list"]

    def backup(self):
        self.count += 1
        return ["borg", "create", f"::{self.count}", self.source]

    def restore(self, target, path):
        os.makedirs(target)
        self.cwd = target
        return ["borg", "extract", f"::{self.count}", *([os.path.join(self.source, path).lstrip("/")] if path else [])]


TOOLS = {"rvault": Rvault, "restic": Restic, "borg": Borg}


def call(command, env, cwd=None):
    done = subprocess.run(command, env=env, cwd=cwd, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    if done.returncode:
        sys.exit(f"{command} failed: {done.stderr.decode()}")


def measure(command, env, cwd=None):
    """Wall seconds, processor seconds, resident MB."""
    started = time.monotonic()
    process = subprocess.Popen(command, env=env, cwd=cwd, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    problems = process.stderr.read()
    _, status, usage = os.wait4(process.pid, 0)
    wall = time.monotonic() - started
    if status:
        sys.exit(f"{command} failed: {problems.decode()}")
    return wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024


def corpus(kind, folder, size):
    kind = "mixed" if kind == "large" else kind
    subprocess.run([sys.executable, os.path.join(HERE, "corpus.py"), kind, folder, *([str(size)] if size else [])], check=True)


def one_file(folder):
    """A file in the middle."""
    paths = sorted(os.path.relpath(os.path.join(at, name), folder) for at, _, names in os.walk(folder) for name in names)
    return paths[len(paths) // 2]


def run_round(kind, folder, work, tools, results):
    state = {name: TOOLS[name](name, os.path.join(work, name), folder) for name in tools}

    def all_tools(operation, command, keeps=False):
        # The one that begins changes, so that none always finds the machine as the same other left it.
        for name in tools:
            tool = state[name]
            target = os.path.join(tool.place, "target")
            tool.cwd = None
            before = tool.stored()
            words = command(tool, target)
            figures = measure(words, tool.env, tool.cwd)
            results.setdefault((kind, operation, name), []).append((*figures, tool.stored() if keeps else tool.stored() - before))
            shutil.rmtree(target, ignore_errors=True)
        tools.append(tools.pop(0))

    if kind == "large":
        return first_backups(kind, state, results)
    for tool in state.values():
        tool.prepare()
    all_tools("start-up", lambda tool, _: tool.start())
    all_tools("first backup", lambda tool, _: tool.backup(), keeps=True)
    if kind == "mixed" and "rvault" in tools:
        results.setdefault((kind, "first backup, silo apart", "rvault"), []).append(backup_to_server(folder, work))
        if "restic" in tools:
            # It has no silo to be apart from: its own first backup again, for the ratio.
            results.setdefault((kind, "first backup, silo apart", "restic"), []).append(results[kind, "first backup", "restic"][-1])
    all_tools("unchanged again", lambda tool, _: tool.backup())
    if kind == "image":
        corpus("edit-blocks", folder, None)
        all_tools("1 % in 4 MiB blocks", lambda tool, _: tool.backup())
        corpus("edit-pages", folder, None)
        all_tools("1 % in 4 KiB pages", lambda tool, _: tool.backup())
    all_tools("restore", lambda tool, target: tool.restore(target, None))
    if kind == "small":
        path = one_file(folder)
        all_tools("restore one file", lambda tool, target: tool.restore(target, path))
    for tool in state.values():
        shutil.rmtree(tool.place)


def first_backups(kind, state, results):
    """Only these, and one repository at a time: it takes less than 10 GB of room."""
    for name, tool in state.items():
        tool.prepare()
        results.setdefault((kind, "first backup", name), []).append((*measure(tool.backup(), tool.env), tool.stored()))
        shutil.rmtree(tool.place)


def backup_to_server(folder, work):
    """A first backup with client and silo as two processes: wall seconds, processor seconds of both, the silo's resident MB."""
    tool = Rvault("apart", os.path.join(work, "apart"), folder)
    tool.prepare()
    server = subprocess.Popen(tool.command("serve"), env=tool.env, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    try:
        server.stdout.readline()
        wall, cpu, _ = measure(tool.backup(), tool.env)
        with open(f"/proc/{server.pid}/status") as status:
            peak = next(int(line.split()[1]) for line in status if line.startswith("VmHWM")) / 1024
        with open(f"/proc/{server.pid}/stat") as stat:
            cpu += sum(map(int, stat.read().rpartition(")")[2].split()[11:13])) / os.sysconf("SC_CLK_TCK")
        return wall, cpu, peak, tool.stored()
    finally:
        server.terminate()
        server.wait()
        shutil.rmtree(tool.place)


def limits(folder, work):
    done = subprocess.run([os.environ["LIMITS"], folder, os.path.join(work, "scratch")], stdout=subprocess.PIPE, check=True)
    seconds = json.loads(done.stdout)["seconds"]
    restoring = sum(value for name, value in seconds.items() if name.startswith("restore: "))
    return {"first backup": sum(seconds.values()) - restoring, "restore": restoring}, seconds


def show(results, bounds, tools, rounds):
    cores = os.cpu_count()
    print(f"{cores} cores, {rounds} rounds, medians; repositories in memory unless --work says otherwise.\n")
    print("| corpus | operation | tool | wall s | CPU s | rvault's speed-up | RSS MB | stored or new MB | CPU / sum of primitives |")
    print("|---|---|---|---:|---:|---:|---:|---:|---:|")
    for kind in SIZES:
        for operation in OPERATIONS:
            rows = {n: [statistics.median(f) for f in zip(*results[kind, operation, n])] for n in tools if (kind, operation, n) in results}
            for name in sorted(rows, key=lambda n: list(TOOLS).index(n)):
                wall, cpu, rss, stored = rows[name]
                gain = "" if name == "rvault" or "rvault" not in rows else f"{wall / rows['rvault'][0]:.1f}x (CPU {cpu / rows['rvault'][1]:.1f}x)"
                bound = bounds.get(kind, {}).get(operation)
                near = f"{cpu / bound:.1f}" if bound else ""
                size = "" if operation.startswith(("start", "restore")) else f"{stored / 1e6:.1f}"
                print(f"| {kind} | {operation} | {name} | {wall:.2f} | {cpu:.2f} | {gain} | {rss:.0f} | {size} | {near} |")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, default=0)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--only", default=",".join(SIZES))
    parser.add_argument("--tools", default=",".join(TOOLS))
    parser.add_argument("--work", default="/dev/shm/rvault-peers")
    options = parser.parse_args()
    rounds = options.rounds or (1 if options.quick else 3)
    results, bounds, tools = {}, {}, options.tools.split(",")
    os.makedirs(options.work)
    try:
        for kind in options.only.split(","):
            folder = os.path.join(options.work, kind)
            corpus(kind, folder, SIZES[kind][options.quick])
            for number in range(rounds):
                time.sleep(SETTLING if number == 0 or kind == "image" else 0)
                print(f"{kind}, round {number + 1} of {rounds}", file=sys.stderr)
                run_round(kind, folder, options.work, tools, results)
            bounds[kind], primitives = limits(folder, options.work)
            print(f"{kind}: " + ", ".join(f"{name} {value:.2f} s" for name, value in primitives.items()), file=sys.stderr)
            if not os.environ.get("KEEP"):
                shutil.rmtree(folder)
    finally:
        if not os.environ.get("KEEP"):
            shutil.rmtree(options.work)
    show(results, bounds, tools, rounds)


main()
