"""What the interop tests share: the two programs, comparisons, and the report of a test.

A test gives functions that take a Case to `main`; each complaint is one line, and every case runs in a folder of its own.
"""

import json
import os
import shutil
import struct
import subprocess
import sys
from pathlib import Path

SOURCE = Path(os.environ.get("STRATA_SOURCE_DIR", Path(__file__).resolve().parents[2]))
FIXTURES = SOURCE / "tests" / "data" / "fixtures"
ARRAY_KEYS = ("name", "dtype", "shape", "chunk_shape", "dims", "fill", "attributes", "stats", "content")
SKIPPED = 77


class Program:
    """strata-script or af-rust: the same commands, the same JSON."""

    def __init__(self, name, path):
        self.name, self.path = name, str(path)

    def run(self, *arguments, script=None, fails=False):
        """Runs a command; `fails`: None when both outcomes will do."""
        done = subprocess.run([self.path, *map(str, arguments)], input=None if script is None else json.dumps(script).encode(),
                              capture_output=True, timeout=300)
        if done.returncode not in (0, 1):
            raise Failure(f"{self.name} {arguments[0]} ended with {done.returncode}: {last_lines(done.stderr)}")
        out = json.loads(done.stdout)
        if fails is not None and fails != (done.returncode == 1):
            raise Failure(f"{self.name} {' '.join(map(str, arguments))}: {first_error(out)}")
        return out

    def batch(self, jobs):
        """An answer for each of [{"command", "path", "script"}]; None for a job that ended the program, which is then started again."""
        answers = []
        while len(answers) < len(jobs):
            lines = "".join(json.dumps(job) + "\n" for job in jobs[len(answers):])
            done = subprocess.run([self.path, "batch"], input=lines.encode(), capture_output=True, timeout=600)
            answers += [json.loads(line) for line in done.stdout.splitlines()]
            if done.returncode != 0 or len(answers) < len(jobs):
                answers.append(None)
        return answers

    def dump(self, path, **options):
        return self.run("dump", path, **options)

    def dump_store(self, folder, **options):
        """Of a copy: the original may add empty files to a store that it opens."""
        folder = Path(folder)
        copy = fresh(folder.with_name(f"{folder.name}-{self.name}-dump"))
        shutil.copytree(folder, copy)
        return self.run("dump-store", copy, **options)

    def write(self, script, path, **options):
        path.parent.mkdir(parents=True, exist_ok=True)
        return self.run("write", "-", path, script=script, **options)

    def write_store(self, script, folder, **options):
        return self.run("write-store", "-", folder, script=script, **options)


class Failure(Exception):
    pass


def last_lines(text, n=4):
    return " | ".join(text.decode(errors="replace").strip().splitlines()[-n:])


def first_error(out):
    if "error" in out:
        return out["error"]
    for i, result in enumerate(out.get("results", [])):
        if "error" in result:
            return f"operation {i} ({result['op']}): {result['error']}"
    return "it went well, which was not expected"


def fresh(path):
    if path.exists():
        shutil.rmtree(path)
    return path


def strata():
    return Program("strata", os.environ.get("STRATA_SCRIPT") or sys.exit("STRATA_SCRIPT: where is strata-script?"))


def original():
    """af-rust, built when it has to be; without it the whole test is skipped."""
    path = os.environ.get("STRATA_AF_RUST")
    if not path:
        build = SOURCE / "scripts" / "build-af-rust"
        try:
            done = subprocess.run([build], capture_output=True, text=True)
        except OSError as problem:
            skip(f"{build}: {problem}")
        lines = done.stdout.strip().splitlines()
        if done.returncode != 0 or not lines:
            skip(f"af-rust could not be built: {last_lines((done.stderr or done.stdout).encode())}")
        path = lines[-1]
    if not os.access(path, os.X_OK):
        skip(f"{path} is no program")
    return Program("original", path)


def skip(reason):
    print(f"SKIPPED: {reason}")
    sys.exit(SKIPPED)


# ---- Comparing ----


def same(a, b):
    """Equal in type as well (1 is not 1.0 and not true), and to the sign of a zero."""
    if type(a) is not type(b):
        return False
    return struct.pack("<d", a) == struct.pack("<d", b) if isinstance(a, float) else a == b


def differences(left, right, where=""):
    """Lines "place: left is not right"."""
    if isinstance(left, dict) and isinstance(right, dict):
        for key in [*left, *(k for k in right if k not in left)]:
            place = f"{where}.{key}"
            if key not in left or key not in right:
                side, value = ("right", right[key]) if key not in left else ("left", left[key])
                yield f"{place}: only on the {side}: {short(value)}"
            else:
                yield from differences(left[key], right[key], place)
    elif isinstance(left, list) and isinstance(right, list):
        if len(left) != len(right):
            yield f"{where}: {short(left)} is not {short(right)}"
        else:
            for i, (a, b) in enumerate(zip(left, right)):
                label = a["name"] if isinstance(a, dict) and "name" in a else i
                yield from differences(a, b, f"{where}[{short(label, 40)}]")
    elif not same(left, right):
        yield f"{where}: {short(left)} is not {short(right)}"


def short(value, limit=160):
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= limit else text[: limit - 3] + "..."


def chosen(dump, keys=ARRAY_KEYS):
    """The arrays of a dump or of a manifest entry, with these members only. Chunk extents of 0, which the original has where the
    shape has one, are 1 as strata tells them (H13)."""
    out = [{key: array.get(key, "missing") for key in keys} for array in dump.get("arrays", [])]
    for array in out:
        if isinstance(array.get("chunk_shape"), list):
            array["chunk_shape"] = [max(extent, 1) for extent in array["chunk_shape"]]
    return out


def without(arrays, *keys):
    return [{k: v for k, v in array.items() if k not in keys} for array in arrays]


def by_name(arrays):
    return {array["name"]: array for array in arrays}


# ---- The frame of a test ----


class Case:
    def __init__(self, name, folder):
        self.name, self.folder, self.complaints = name, folder, []

    def compare(self, what, left, right):
        for line in differences(left, right):
            self.complain(f"{what}: {line}")

    def check(self, condition, complaint):
        if not condition:
            self.complain(complaint)

    def complain(self, line):
        self.complaints.append(line)


def main(cases):
    """Runs {name: function(case)}; arguments on the command line choose cases by a part of their name."""
    scratch = Path(os.environ.get("STRATA_TEST_DIR", "."))
    chosen_names = [n for n in cases if not sys.argv[1:] or any(part in n for part in sys.argv[1:])]
    failed = 0
    for number, name in enumerate(chosen_names):
        folder = fresh(scratch / f"{number:03d}")
        folder.mkdir(parents=True)
        case = Case(name, folder)
        try:
            cases[name](case)
        except Failure as failure:
            case.complain(str(failure))
        except Exception as problem:  # a bug of the test must not hide the other cases
            case.complain(f"{type(problem).__name__}: {problem}")
        failed += bool(case.complaints)
        print(f"{'FAILED' if case.complaints else 'ok    '} {name}")
        for line in case.complaints[:12]:
            print(f"       {line}")
        if len(case.complaints) > 12:
            print(f"       ... and {len(case.complaints) - 12} more")
    print(f"{len(chosen_names) - failed} of {len(chosen_names)} cases passed")
    sys.exit(1 if failed or not chosen_names else 0)


def manifest():
    return json.loads((FIXTURES / "manifest.json").read_text())["fixtures"]


def bound(function, *arguments):
    """function(case, *arguments) as a case."""
    return lambda case: function(case, *arguments)
