"""Random histories, each run by strata, by the original and by both in turns. After every turn both programs
read what is there, and every answer is held against a model (model.py).

    test_differential.py [--histories N] [--seed FIRST] [--jobs N]

A history that goes wrong is made as short as it can be and printed, with its seed."""

import argparse
import concurrent.futures
import json
import os
import random
import shutil
import sys
import time
from pathlib import Path

import hazards
import histories
from interop import ARRAY_KEYS, chosen, differences, fresh, original, short, strata
from cells import is_list
from model import Model, Refused
from scripts import REOPEN

AT_ONCE = 40  # histories in one batch: a process of either program for each step of all of them


# ---- Plans: a history shared out to writers, and what has to come of it ----


class Turn:
    def __init__(self, writer, script, results, dump):
        self.writer, self.script, self.results, self.dump = writer, script, results, dump


def operations(model, ops, writer):
    """With reads of all lists before and after them, where strata can: dumps do not show what is in lists."""
    if writer == "s":
        yield from reads_of_lists(model)
    yield from ops
    if writer == "s" and reads_of_lists(model):
        yield REOPEN
        yield from reads_of_lists(model)


def reads_of_lists(model):
    return [
        {"op": "read", **({"dataset": dataset} if model.store else {}), "name": name}
        for dataset, held in model.datasets.items()
        for name, array in held.arrays.items()
        if is_list(array.dtype)
    ]


def plan(history, writers):
    """The turns of a history; `writers` has a letter for each, s or o."""
    model = Model(history["store"])
    spared = hazards.Spared(model)
    turns = []
    for number, (writer, turn) in enumerate(zip(writers, history["turns"])):
        ops, results = [], []
        for wanted in operations(model, turn["ops"], writer):
            for op in spared.operations(wanted, writer):
                spared.before(op, writer)
                try:
                    result = {"value": model.apply(op)}
                except Refused as refusal:
                    result = {"refused": str(refusal)}
                spared.after(op, writer)
                ops.append(op)
                results.append(result)
        spared.after(REOPEN, writer)
        model.reopen()
        mode = {"mode": "create", **(history["store"] or {})} if number == 0 else {"mode": "open"}
        turns.append(Turn(writer, {**turn["options"], **mode, "keep_going": True, "ops": ops}, results, model.dump()))
    return turns


def mixed(history, seed):
    """Writers by turns, both of them if there are two turns or more."""
    dice = random.Random(seed)
    writers = [dice.choice("so") for _ in history["turns"]]
    if len(writers) > 1 and len(set(writers)) == 1:
        writers[dice.randrange(len(writers))] = "s" if writers[0] == "o" else "o"
    return "".join(writers)


# ---- Running ----


class Run:
    """One plan in a folder of its own, and what was wrong with it."""

    def __init__(self, history, writers, folder):
        self.history, self.writers, self.turns = history, writers, plan(history, writers)
        self.is_store = history["store"] is not None
        self.path = fresh(folder) if self.is_store else fresh(folder) / "data.af"
        folder.mkdir(parents=True)
        self.complaints = []

    def job(self, command, **more):
        return {"command": command + ("-store" if self.is_store else ""), "path": str(self.path), **more}

    def check_results(self, turn, answer):
        if "results" not in answer:
            return self.complain(turn, f"could not be opened: {answer.get('error')}")
        for op, expected, found in zip(turn.script["ops"], turn.results, answer["results"]):
            if ("error" in found) != ("refused" in expected):
                self.complain(turn, f"{short(op)}: {short(found)}, where the model has {short(expected)}")
            elif "refused" not in expected:
                seen, wanted = found.get("value"), expected["value"]
                if op["op"] == "stats":
                    seen, wanted = promised(seen, wanted), promised(wanted, seen)
                for line in differences(seen, wanted):
                    self.complain(turn, f"{short(op)}{line}")

    def check_dump(self, turn, reader, dump):
        if "error" in dump:
            return self.complain(turn, f"{reader} cannot open it: {dump['error']}")
        if self.is_store:
            found, expected = dump["datasets"], turn.dump
            for dataset in found:
                dataset["arrays"] = chosen(dataset, tuple(k for k in (*ARRAY_KEYS, "codec") if k != "attributes"))
            if reader == "original":
                expected = [
                    {
                        **d,
                        "attributes": {
                            k: hazards.read_by_original(v, self.history["store"]["meta_format"])
                            for k, v in d["attributes"].items()
                        },
                    }
                    for d in expected
                ]
            self.compare(
                turn,
                reader,
                [(d["name"], *d["attributes"]) for d in found],
                [(d["name"], *d["attributes"]) for d in expected],
            )
            pairs = [pair for f, e in zip(found, expected) for pair in zip(f["arrays"], e["arrays"])]
        else:
            found, expected = chosen(dump), turn.dump
            pairs = zip(found, expected)
        for array, wanted in pairs:
            array["stats"], wanted["stats"] = promised(array["stats"], wanted["stats"]), promised(
                wanted["stats"], array["stats"]
            )
        self.compare(turn, reader, found, expected)

    def compare(self, turn, reader, found, expected):
        for line in differences(found, expected):
            self.complain(turn, f"{reader} reads {line}")

    def complain(self, turn, line):
        self.complaints.append(f"turn {self.turns.index(turn)} ({turn.writer}): {line}")


def promised(statistics, other):
    """Whether an array without data has an entry is not promised: what hides old chunks (H1) makes one. So one that counts nothing but nulls is as good as the other's none."""
    there, other_there = (s if isinstance(s, dict) else {} for s in (statistics, other))
    only_nulls = there and not other_there and there.get("null_count") == there.get("row_count")
    return other if only_nulls or "uncertain" in other_there else statistics


def execute(runs):
    """All runs, turn by turn."""
    for step in range(max(len(run.turns) for run in runs)):
        alive = [run for run in runs if step < len(run.turns) and not run.complaints]
        by_strata, by_original = ([run for run in alive if run.turns[step].writer == w] for w in "so")
        jobs = [(run, step, "write") for run in by_strata] + [(run, step, "dump") for run in by_strata]
        perform(STRATA, jobs)
        perform(
            ORIGINAL,
            [(run, step, "write") for run in by_original]
            + [(run, step, "dump") for run in alive if not run.history["strata_alone"]],
        )
        perform(STRATA, [(run, step, "dump") for run in by_original])


def perform(program, jobs):
    answers = program.batch(
        [run.job(what, **({"script": run.turns[step].script} if what == "write" else {})) for run, step, what in jobs]
    )
    for (run, step, what), answer in zip(jobs, answers):
        turn = run.turns[step]
        if answer is None:
            run.complain(turn, f"{program.name} was ended by its {what}")
        elif what == "write":
            run.check_results(turn, answer)
        else:
            run.check_dump(turn, program.name, answer)


def variants(history, seed):
    turns = len(history["turns"])
    if history["strata_alone"]:
        return ["s" * turns]
    return dict.fromkeys(("s" * turns, "o" * turns, mixed(history, seed)))


def batch(arguments):
    """The histories of some seeds; the complaints of those that went wrong."""
    seeds, folder = arguments
    runs = []
    for seed in seeds:
        history = histories.history(seed)
        runs += [(seed, Run(history, writers, folder / f"{seed}-{writers}")) for writers in variants(history, seed)]
    execute([run for _, run in runs])
    shutil.rmtree(folder)
    return len(runs), [(seed, run.writers, run.complaints) for seed, run in runs if run.complaints]


# ---- Shrinking ----


def goes_wrong(history, writers, folder):
    run = Run(history, writers, folder)
    execute([run])
    return run.complaints


def shorter(history, writers, folder):
    """The history with as few operations as still go wrong in some way."""
    turns = [dict(turn) for turn in history["turns"]]
    size = max(len(turn["ops"]) for turn in turns)
    while size > 0:
        removed = False
        for turn in turns:
            at = 0
            while at < len(turn["ops"]):
                whole = turn["ops"]
                turn["ops"] = whole[:at] + whole[at + size :]
                if goes_wrong({**history, "turns": turns}, writers, folder):
                    removed = True
                else:
                    turn["ops"] = whole
                    at += size
        size = size // 2 if not removed or size > 1 else size
    return {**history, "turns": turns}


def report(seed, writers, complaints, folder):
    print(f"seed {seed}, writers {writers}, as short as it gets:")
    history = histories.history(seed)
    history = {**history, "turns": history["turns"][: len(writers)]}
    try:
        least = shorter(history, writers, folder)
        again = goes_wrong(least, writers, folder)
    except Exception as problem:
        print(f"       (could not be made shorter: {type(problem).__name__}: {problem})")
        least, again = history, complaints
    for line in (again or complaints)[:8]:
        print(f"       {line}")
    for turn in plan(least, writers):
        print(f"       {turn.writer} {json.dumps(turn.script, ensure_ascii=False)}")


def main():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--histories", type=int, default=400)
    options.add_argument("--seed", type=int, default=0, help="of the first one")
    options.add_argument("--jobs", type=int, default=os.cpu_count())
    options.add_argument(
        "--shorten", type=int, default=5, help="as many of those that failed are made shorter and shown"
    )
    chosen_options = options.parse_args()
    scratch = Path(os.environ.get("STRATA_TEST_DIR", ".")) / "histories"
    seeds = range(chosen_options.seed, chosen_options.seed + chosen_options.histories)
    parts = [(list(seeds[i : i + AT_ONCE]), scratch / f"{i:06d}") for i in range(0, len(seeds), AT_ONCE)]
    start, runs, failed = time.monotonic(), 0, []
    with concurrent.futures.ProcessPoolExecutor(chosen_options.jobs) as pool:
        for count, wrong in pool.map(batch, parts):
            runs += count
            failed += wrong
            for seed, writers, complaints in wrong:
                print(f"FAILED seed {seed}, writers {writers}: {complaints[0]}", flush=True)
    seconds = time.monotonic() - start
    for seed, writers, complaints in failed[: chosen_options.shorten]:
        report(seed, writers, complaints, scratch / "shorter")
    print(
        f"{len(seeds)} histories in {runs} runs, {len(failed)} runs failed; "
        f"{len(seeds) / seconds:.1f} histories a second"
    )
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    STRATA, ORIGINAL = strata(), original()
    main()
