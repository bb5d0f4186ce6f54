"""Stores both ways, in all six forms of the registry."""

import shutil

import scripts
from interop import FIXTURES, bound, main, manifest, original, strata
from scripts import COMPACT, FLUSH, REOPEN, datasets_attribute, define, delete, on, write


def view(dump):
    return {"datasets": dump["datasets"], "list_arrays": dump["list_arrays"]}


def promised(seen):
    """Of an array without data neither promises statistics: after a compaction the original has an entry for it."""
    for dataset in seen["datasets"]:
        for array in dataset["arrays"]:
            if array["stats"] and array["stats"]["min"] is None and array["stats"]["null_count"] == array["stats"]["row_count"]:
                array["stats"] = None
    return seen


def both_see_the_same(case, what, folder):
    mine, theirs = strata().dump_store(folder), ORIGINAL.dump_store(folder)
    case.compare(what, view(mine), view(theirs))
    case.compare(f"{what}, document", mine["meta"], theirs["meta"])
    for left, right in zip(mine["datasets"], theirs["datasets"]):
        case.check(list(left["attributes"]) == list(right["attributes"]), f"{what}: another order of attributes")
    return mine


def written(case, script):
    """By strata, and by the original: the same in the eyes of both."""
    seen = []
    for writer in (strata(), ORIGINAL):
        folder = case.folder / writer.name
        writer.write_store(script if writer.name == "strata" else scripts.for_original(script), folder)
        seen.append(both_see_the_same(case, f"written by {writer.name}", folder))
    case.compare("not what the original makes of the script", promised(view(seen[0])), promised(view(seen[1])))
    case.check(seen[0]["meta"]["file"] == seen[1]["meta"]["file"], f"registry {seen[0]['meta']['file']}")


TURNS = [
    [on("jan", write("t2m", [50.5, 51.5], [0, 0], [1, 2])), datasets_attribute("jan", "title", string="changed"), FLUSH],
    [{"op": "create_dataset", "dataset": "may"}, on("may", define("t2m", "float32", [3], [2])), on("may", write("t2m", [1.0, 2.0, 3.0])),
     on("may", define("wind", "int16", [4], [3], {"int": -1})), on("may", write("wind", [5], [3], [1])), FLUSH],
    [on("jan", delete("flags")), {"op": "delete_dataset", "dataset": "nothing"}, FLUSH],
    [COMPACT],
    [on("may", write("wind", [6, 7], [0], [2])), datasets_attribute("may", "k", float=0.25), FLUSH],
    [on("apr", define("wind", "int16", [4])), on("apr", write("wind", [1, 2, 3, 4])), FLUSH, COMPACT, REOPEN,
     on("apr", write("wind", [9], [1], [1])), FLUSH]]


def turns(case, format, compression, first):
    """One store in turns. A turn is a process of its own: the original's caches are stale after a compaction (H3)."""
    programs = [strata(), ORIGINAL]
    if first != "strata":
        programs.reverse()
    folder, alone = case.folder / "shared", case.folder / "alone"
    begin = scripts.store(format, compression, "lz4", scripts.months())
    programs[0].write_store(begin, folder)
    ORIGINAL.write_store(begin, alone)
    seen = both_see_the_same(case, "at first", folder)
    for number, ops in enumerate(TURNS):
        script = {"mode": "open", "ops": ops}
        program = programs[(number + 1) % 2]
        program.write_store(script, folder)
        ORIGINAL.write_store(script, alone)
        seen = both_see_the_same(case, f"after turn {number} ({program.name})", folder)
        if case.complaints:
            return
    case.compare("not what the original alone makes of it", promised(view(seen)), promised(view(ORIGINAL.dump_store(alone))))


def continued(case, entry):
    folder = case.folder / "shared"
    shutil.copytree(FIXTURES / entry["path"], folder)
    before = strata().dump_store(folder)
    strata().write_store({"mode": "open", "ops": [
        {"op": "create_dataset", "dataset": "added"}, on("added", define("new", "uint8", [2])), on("added", write("new", [1, 2])), FLUSH]}, folder)
    after = both_see_the_same(case, "after a flush", folder)
    case.compare("datasets that were there", after["datasets"][:-1], before["datasets"])
    case.check(after["meta"]["file"] == entry["meta_file"], "another registry")
    strata().write_store({"mode": "open", "ops": [COMPACT]}, folder)
    both_see_the_same(case, "after a compaction", folder)


def attributes_of(program, folder):
    return program.dump_store(folder)["datasets"][0]["attributes"]


def true_types(case, format, compression):
    """What the registry's own text cannot say (H10, H11) strata knows from a member that the original drops when it saves."""
    folder = case.folder / "store"
    date, text = "2024-02-29T12:00:00+00:00", "1970-01-01T00:00:01Z"
    mine = {"nan": {"float": "nan"}, "infinite": {"float": "inf"}, "low": {"float": "-inf"}, "date": {"string": date},
            "time": {"timestamp_ns": 10**9}, "text": {"string": "NaN"}, "was": {"float": "nan"}, "gone": {"string": text}}
    ops = [{"op": "create_dataset", "dataset": "d"}] + [datasets_attribute("d", key, **value) for key, value in mine.items()]
    strata().write_store(scripts.store(format, compression, ops=ops + [FLUSH]), folder)
    case.compare("strata", attributes_of(strata(), folder), mine)

    floats = {} if format == "msgpack" else {"nan": {"string": "NaN"}, "infinite": {"string": "Infinity"}, "low": {"string": "-Infinity"},
                                             "was": {"string": "NaN"}}
    dates = {"date": {"timestamp_ns": 1709208000 * 10**9}, "gone": {"timestamp_ns": 10**9}} if format == "msgpack" else {}
    case.compare("the original", attributes_of(ORIGINAL, folder), mine | floats | dates)

    # Changed by strata, which keeps what it said about the others.
    strata().write_store({"mode": "open", "ops": [datasets_attribute("d", "was", int=5), datasets_attribute("d", "gone", int=6), FLUSH]}, folder)
    mine |= {"was": {"int": 5}, "gone": {"int": 6}}
    case.compare("changed", attributes_of(strata(), folder), mine)

    # Saved by the original: what it saw is what there is. It writes a text that looks like a date without an escape.
    ORIGINAL.write_store({"mode": "open", "ops": [datasets_attribute("d", "new", int=1), FLUSH]}, folder)
    floats.pop("was", None)
    left = mine | floats | {"date": {"timestamp_ns": 1709208000 * 10**9}}
    case.compare("after the original", attributes_of(strata(), folder), left | {"new": {"int": 1}})
    both_see_the_same(case, "after the original", folder)


def like_a_date(case):
    """A text that looks like a date is a timestamp to the original when it reads its own (H11), and strata says the same."""
    folder = case.folder / "store"
    texts = ("2024-02-29T12:00:00Z", "2024-02-29 12:00:00+01:00", "2024-02-29", "2024-02-29T12:00:00", "1600-01-01T00:00:00Z",
             "2016-12-31T23:59:60Z", "2024-02-30T00:00:00Z", "2024-02-29t12:00:00.123456789123z", "2024-02-29T12:00:00-00:00")
    ops = [{"op": "create_dataset", "dataset": "d"}] + [datasets_attribute("d", f"k{i}", string=t) for i, t in enumerate(texts)]
    for format in ("json", "msgpack"):
        ORIGINAL.write_store(scripts.store(format, ops=ops + [FLUSH]), folder / format)
        both_see_the_same(case, format, folder / format)


if __name__ == "__main__":
    ORIGINAL = original()
    cases = {}
    for format, compression in scripts.REGISTRIES:
        for codec in ("none", "lz4", "zstd"):
            months = scripts.months()
            cases[f"{format}, {compression}, arrays {codec}"] = bound(written, scripts.store(format, compression, codec, months))
            compacted = months + [COMPACT] + TURNS[0] + TURNS[1] + [COMPACT]
            cases[f"{format}, {compression}, arrays {codec}, compacted"] = bound(written, scripts.store(format, compression, codec, compacted))
        for first in ("strata", "original"):
            cases[f"turns, {format}, {compression}, {first} first"] = bound(turns, format, compression, first)
    for entry in manifest():
        if entry["kind"] == "store":
            cases[f"script of {entry['name']}"] = bound(written, entry["script"])
            cases[f"{entry['name']} continued"] = bound(continued, entry)
    cases |= {f"true types, {format}, {compression}": bound(true_types, format, compression) for format, compression in scripts.REGISTRIES}
    cases["like a date"] = like_a_date
    main(cases)
