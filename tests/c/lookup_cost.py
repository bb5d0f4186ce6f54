"""Counts the instructions of every step of c_lookup_cost with few things and with 16 times as many.

    lookup_cost.py PROGRAM

A step that goes over everything may take 16 times as many instructions, and a little more for a sort; one that looks up
as many things in both cases hardly more than before. A scan inside such a step would be 16 times, inside the former 256
times. Ends with 77 where valgrind is missing.
"""
import pathlib
import re
import shutil
import subprocess
import sys

# A step over everything: n, or n log n.
ALL = 18.0
# A step that looks up as many things in both cases: tables and caches of another size, no more.
SOME = 2.0
# Such a step that clears away what one over everything has left.
SWEEP = 3.0

# In the order of measured() in lookup_cost.c.
GROUPS = {
    "chunks": (4096, [
        ("write all", ALL), ("flush", ALL), ("open, read all", ALL), ("read some", SOME), ("change some", SOME),
        ("read some, pending", SOME), ("flush", ALL), ("read some of two layers", SOME), ("change a quarter", ALL),
        ("flush", ALL), ("compact", ALL)]),
    "arrays": (4096, [
        ("define", ALL), ("flush", ALL), ("reopen", ALL), ("open some", SOME), ("list", ALL), ("annotate", ALL),
        ("flush", ALL), ("reopen", ALL), ("attributes of some", SOME), ("one more, flush", SOME), ("compact", ALL),
        ("delete some, flush", ALL), ("compact", ALL)]),
    "attributes": (4096, [
        ("set", ALL), ("flush", ALL), ("reopen", ALL), ("get some", SOME), ("delete some", SOME), ("flush", ALL),
        ("compact", ALL)]),
    "store": (1024, [
        ("add datasets", ALL), ("flush", ALL), ("reopen", ALL), ("read all stacked", ALL),
        ("open another, read some", ALL), ("read some stacked", SOME), ("look at some", SWEEP), ("one more, flush", ALL),
        ("delete some", ALL), ("flush", ALL), ("compact", ALL)]),
}


def counts(program, group, number, folder):
    folder.mkdir()
    out = folder / "counts"
    subprocess.run(
        ["valgrind", "--quiet", "--tool=callgrind", "--collect-atstart=no", "--toggle-collect=measured",
         "--dump-after=measured", f"--callgrind-out-file={out}", program, group, str(number)],
        check=True, stdout=subprocess.DEVNULL)
    found = []
    for part in sorted(folder.glob("counts.*"), key=lambda p: int(p.suffix[1:])):
        found.append(int(re.search(r"^(?:totals|summary): (\d+)", part.read_text(), re.M).group(1)))
    return found


def main():
    if not shutil.which("valgrind"):
        print("valgrind is missing")
        return 77
    program = sys.argv[1]
    wanted = sys.argv[2:] or list(GROUPS)
    bad = 0
    for group in wanted:
        number, steps = GROUPS[group]
        few = counts(program, group, number, pathlib.Path(f"{group}.few"))
        many = counts(program, group, 16 * number, pathlib.Path(f"{group}.many"))
        if not len(few) == len(many) == len(steps):
            print(f"{group}: {len(few)} and {len(many)} counts for {len(steps)} steps")
            return 1
        print(f"{group}: {number} and {16 * number}")
        for (step, limit), a, b in zip(steps, few, many):
            verdict = "" if b <= limit * a else f"   ABOVE {limit}"
            bad += bool(verdict)
            print(f"  {step:24} {a:14,} {b:16,} {b / a:8.2f}{verdict}")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
