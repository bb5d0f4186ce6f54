"""strata is stopped at every step of a commit of a store; then the original opens the store, writes, flushes and compacts. Strata reads
what the original wrote, and its own commit, whole or not at all, wherever the original did not write."""

import json
import os
import shutil
import subprocess
from pathlib import Path

from interop import Failure, last_lines, main, original, strata
from scripts import COMPACT, FLUSH, datasets_attribute, define, on, write

STRATA, ORIGINAL = strata(), original()


def numbers(name, first):
    return write(name, [first + i for i in range(6)])


BEGIN = [
    {"op": "create_dataset", "dataset": "a"},
    {"op": "create_dataset", "dataset": "b"},
    *(on(d, define(n, "int32", [6], [2])) for d in "ab" for n in ("x", "y", "z")),
    *(on(d, numbers(n, 10 * i)) for d in "ab" for i, n in enumerate(("x", "y", "z"))),
    FLUSH,
    on("a", write("x", [1, 2], [0], [2])),
    FLUSH,
]
OURS = [
    on("a", write("x", [33, 34], [2], [2])),
    on("a", write("y", [41, 42], [0], [2])),
    on("b", write("z", [53, 54], [2], [2])),
    datasets_attribute("a", "k", int=7),
    FLUSH,
]
# What is told by these is whether our commit was made.
MARKS = {("a", "x"): (2, [33, 34]), ("a", "y"): (0, [41, 42]), ("b", "z"): (2, [53, 54])}
THEIRS = {
    "elsewhere": [on("a", write("x", [65, 66], [4], [2])), FLUSH],
    "the same chunk": [on("a", write("x", [77, 78], [2], [2])), on("b", write("y", [9], [0], [1])), FLUSH],
    "elsewhere, and compacts": [on("a", write("x", [65, 66], [4], [2])), FLUSH, COMPACT],
    "the same chunk, and compacts": [on("a", write("x", [77, 78], [2], [2])), FLUSH, COMPACT],
    "compacts": [COMPACT],
}


def stopped(folder, ops, at, count):
    """Runs the operations and is stopped at that step; whether it was."""
    env = dict(os.environ, LD_PRELOAD=os.environ["STRATA_STOP_AT"], STOP_AT=str(at), STOP_COUNT=str(count))
    done = subprocess.run(
        [STRATA.path, "write-store", "-", str(folder)],
        input=json.dumps({"mode": "open", "ops": ops}).encode(),
        capture_output=True,
        timeout=300,
        env=env,
    )
    if done.returncode not in (0, 99):
        raise Failure(f"strata ended with {done.returncode}: {last_lines(done.stderr)} {done.stdout[-300:]}")
    return done.returncode == 99


def arrays(folder):
    dump = STRATA.dump_store(folder)
    out = {}
    for dataset in dump["datasets"]:
        for array in dataset["arrays"]:
            if "content" not in array:
                raise Failure(f"{dataset['name']}/{array['name']}: {array}")
            out[dataset["name"], array["name"]] = array["content"]["values"]
    return out


def expected(begun, made, theirs):
    want = {key: list(values) for key, values in begun.items()}
    if made:
        for key, (start, values) in MARKS.items():
            want[key][start : start + len(values)] = values
    for op in theirs:
        if op.get("op") == "write":
            key, start = (op["dataset"], op["name"]), op["start"][0]
            want[key][start : start + len(op["values"])] = op["values"]
    return want


def every_step(case, ours, theirs):
    begun = case.folder / "begun"
    STRATA.write_store({"ops": BEGIN}, begun)
    before = arrays(begun)
    # Every one of some forty steps takes seconds; CI takes every fourth, beginning elsewhere in each case.
    stride = int(os.environ.get("STRATA_STOP_STRIDE", "4"))
    at, seen = len(case.name) % stride - stride + 1, set()
    while True:
        at += stride
        folder = case.folder / "stopped"
        if folder.exists():
            shutil.rmtree(folder)
        # Links stay links: a layer in its home and its slot is one file.
        subprocess.run(["cp", "-a", str(begun), str(folder)], check=True)
        was_stopped = stopped(folder, ours, at, case.folder / "count")
        ORIGINAL.write_store({"mode": "open", "ops": theirs}, folder)
        wants = [expected(before, made, theirs) for made in (False, True)]
        for round in ("read", "written", "compacted"):
            if round != "read":
                STRATA.write_store(
                    {"mode": "open", "ops": [on("b", write("x", [at], [5], [1])), FLUSH] if round == "written" else [COMPACT]}, folder
                )
                for want in wants:
                    want["b", "x"][5] = at
            found = arrays(folder)
            made = [found == want for want in wants]
            if round == "read" and True not in made:
                continue  # who only reads may see the slots of a commit that nobody has finished
            if True not in made:
                wrong = {key: values for key, values in found.items() if values != wants[0][key]}
                # Invariant 8: strata reads what the original wrote, and its own commit wherever that did not write.
                raise Failure(f"step {at}, {round}: neither without nor with our commit: {wrong}")
            seen.add(made.index(True))
        if not was_stopped:
            break
    case.check(at > 10 and seen == {0, 1}, f"{at} steps, {seen}")


def case_of(ours, theirs):
    return lambda case: every_step(case, ours, theirs)


if __name__ == "__main__":
    main({f"a flush; the original writes {name}": case_of(OURS, ops) for name, ops in THEIRS.items() if name != "compacts"}
         | {"a flush; the original compacts": case_of(OURS, THEIRS["compacts"]),
            "a compaction; the original writes elsewhere": case_of([*OURS[:-1], COMPACT], THEIRS["elsewhere"]),
            "a compaction; the original compacts": case_of([*OURS[:-1], COMPACT], THEIRS["the same chunk, and compacts"])})
