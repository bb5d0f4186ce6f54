#!/usr/bin/env python3
"""paired.py PROGRAM BEFORE AFTER FOLDER [PAIRS]: runs a program of this folder in turns with the libraries of two folders, BEFORE and
AFTER, in a new folder below FOLDER each time, and prints of each of its steps the median times and the median of the pairs' ratios."""
import os
import shutil
import statistics
import subprocess
import sys


def run(program, library, folder):
    os.makedirs(folder)
    out = subprocess.run([program, folder], env=dict(os.environ, LD_LIBRARY_PATH=library), check=True, capture_output=True, text=True).stdout
    shutil.rmtree(folder)
    return {name: (float(wall), float(cpu)) for name, wall, cpu in (line.split("\t") for line in out.splitlines())}


def main():
    program, before, after, folder = sys.argv[1:5]
    pairs = int(sys.argv[5]) if len(sys.argv) > 5 else 15
    runs = []
    for i in range(pairs):
        both = {}
        for library in (before, after) if i % 2 == 0 else (after, before):  # neither is always the first
            both[library] = run(program, library, os.path.join(folder, f"run{i}"))
        runs.append((both[before], both[after]))
    print(f"{'step':42}{'wall ms':>10}{'':>10}{'ratio':>7}{'cpu ms':>10}{'':>10}{'ratio':>7}")
    for step in runs[0][0]:
        line = f"{step:42}"
        for k in (0, 1):
            a, b = ([r[side][step][k] for r in runs] for side in (0, 1))
            line += f"{statistics.median(a):10.2f}{statistics.median(b):10.2f}{statistics.median(y / x for x, y in zip(a, b)):7.2f}"
        print(line)


main()
