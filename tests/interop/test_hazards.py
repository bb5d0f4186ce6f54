"""What the original gets wrong (README.md), a case for each: there it does go wrong, which shows that the hazard is
real, and strata does not. What strata wrote, both read alike. H13 to H15 are in test_crashes.py, H16 in
test_linear_scans.py.
"""

import os
import shutil

import scripts
from interop import by_name, main
from outcomes import (
    A,
    LIST,
    ORIGINAL,
    READ,
    STRATA,
    WRITTEN,
    answered,
    answers,
    both_read_alike,
    failed,
    hazards,
    path,
    store_answers,
    values,
)
from scripts import COMPACT, FLUSH, REOPEN, attribute, datasets_attribute, define, delete, on, write


def h1_deleted_chunks(case):
    """Chunks of a deleted array are there again once its name is defined anew."""
    ops = [A, WRITTEN, FLUSH, delete("a"), FLUSH, A, READ, write("a", [9], [2], [1]), FLUSH, REOPEN, READ]
    old, new = [1, 2, 3, 4, 5, 6], [-1, -1, 9, -1, -1, -1]
    theirs, ours = answers(case, ORIGINAL, ops), answers(case, STRATA, ops)
    case.compare("the original", [values(theirs[6]), values(theirs[10])], [old, [1, 2, 9, 4, 5, 6]])
    case.compare("strata", [values(ours[6]), values(ours[10])], [[-1] * 6, new])
    case.compare("a", both_read_alike(case)["a"]["content"]["values"], new)


def defined_otherwise(case, again, new, original_says):
    """Deleted and defined anew in another form, written in part."""
    ops = [
        A,
        WRITTEN,
        FLUSH,
        delete("a"),
        FLUSH,
        again,
        write("a", [new[0]], [0] * len(again["shape"]), [1] * len(again["shape"])),
        FLUSH,
        REOPEN,
        READ,
    ]
    theirs, ours = answers(case, ORIGINAL, ops), answers(case, STRATA, ops)
    case.check(original_says in str(theirs[9]), f"the original: {theirs}")
    case.compare("strata", [values(a) for a in ours], [None] * 9 + [new])
    case.compare("a", both_read_alike(case)["a"]["content"]["values"], new)


def h1_wider(case):
    """Chunks of the old array have another size than those of the new one, which cannot be read."""
    defined_otherwise(case, define("a", "float64", [6], [2]), [0.5, 0.0, 0.0, 0.0, 0.0, 0.0], "ShapeError")


def h1_texts(case):
    """Chunks of numbers are taken for texts."""
    defined_otherwise(case, define("a", "string", [6], [2]), ["t", "", "", "", "", ""], "PANIC")


def h1_of_another_rank(case):
    """Coordinates of the old array have fewer axes than those of the new one."""
    defined_otherwise(case, define("a", "int32", [6, 2], [2, 2], {"int": -1}), [5] + [-1] * 11, "PANIC")


def h1_smaller(case):
    """Chunks of the old array lie outside the new one, and are counted."""
    ops = [
        A,
        WRITTEN,
        FLUSH,
        delete("a"),
        FLUSH,
        define("a", "int32", [2], [2], {"int": -1}),
        write("a", [7], [0], [1]),
        FLUSH,
    ]
    for program in (ORIGINAL, STRATA):
        answers(case, program, ops)
    found = [
        by_name(program.dump(path(case, program))["arrays"])["a"]["stats"]["null_count"]
        for program in (ORIGINAL, STRATA)
    ]
    case.check(found[0] > 1 << 63, f"the original counts {found[0]} nulls")
    case.compare("strata", found[1], 1)
    case.compare("a", both_read_alike(case)["a"]["content"]["values"], [7, -1])


def h2_dictionaries(case):
    """Each layer starts its dictionaries of attributes afresh: indices of older layers meet the words of newer ones."""
    get = {"op": "get_attr", "name": "a", "key": "units"}
    ops = [A, attribute("a", "units", string="K"), FLUSH, attribute("a", "scale", int32=2), get, FLUSH, REOPEN, get]
    theirs, ours = answers(case, ORIGINAL, ops), answers(case, STRATA, ops)
    case.compare("the original", [theirs[4], theirs[7]], [{"int32": 2}] * 2)
    case.compare("strata", [ours[4], ours[7]], [{"string": "K"}] * 2)
    case.compare(
        "attributes", both_read_alike(case)["a"]["attributes"], {"scale": {"int32": 2}, "units": {"string": "K"}}
    )


def h3_stale_caches(case):
    """Caches go by numbers of blocks, used again after a compaction: old values are read, and written by the next."""
    ops = [
        define("a", "int32", [2]),
        write("a", [1, 1]),
        FLUSH,
        READ,
        COMPACT,
        READ,
        write("a", [2, 2]),
        FLUSH,
        READ,
        COMPACT,
        REOPEN,
        READ,
    ]
    theirs, ours = (answers(case, program, ops, cache=True) for program in (ORIGINAL, STRATA))
    case.compare("the original", [values(theirs[8]), values(theirs[11])], [[1, 1]] * 2)
    case.compare("strata", [values(ours[8]), values(ours[11])], [[2, 2]] * 2)
    case.compare("a", both_read_alike(case)["a"]["content"]["values"], [2, 2])


def h4_encoded_names(case):
    """Layers in a folder whose name has to be encoded are encoded twice, and not found again."""
    read = on("d", {"op": "read", "name": "température"})
    ops = [
        {"op": "create_dataset", "dataset": "d"},
        on("d", define("température", "int32", [2])),
        on("d", write("température", [1, 2])),
        FLUSH,
        REOPEN,
        read,
    ]
    theirs, ours = store_answers(case, ORIGINAL, ops), store_answers(case, STRATA, ops)
    case.check(failed(theirs[5]), f"the original reads {theirs[5]}")
    case.compare("strata", values(ours[5]), [1, 2])
    head = {
        "command": "write-store",
        "path": str(case.folder / "original" / "store"),
        "script": {"mode": "open", "ops": [read]},
    }
    case.compare("what the original lost, read by strata", [values(a) for a in answered(STRATA, head)], [[1, 2]])


def h5_failed_flush(case):
    """A flush that fails forgets the changes: the next one succeeds and writes nothing."""
    blocked = {"op": "block", "file": "x.2.af"}
    ops = [
        A,
        WRITTEN,
        FLUSH,
        write("a", [9], [0], [1]),
        blocked,
        FLUSH,
        READ,
        {**blocked, "op": "unblock"},
        FLUSH,
        REOPEN,
        READ,
    ]
    theirs, ours = answers(case, ORIGINAL, ops), answers(case, STRATA, ops)
    old, new = [1, 2, 3, 4, 5, 6], [9, 2, 3, 4, 5, 6]
    case.check(failed(theirs[5]) and failed(ours[5]), f"a flush over a folder: {theirs[5]}, {ours[5]}")
    case.compare("the original", [values(theirs[6]), theirs[8], values(theirs[10])], [old, None, old])
    case.compare("strata", [values(ours[6]), ours[8], values(ours[10])], [new, None, new])
    case.compare("a", both_read_alike(case)["a"]["content"]["values"], new)


def h6_failed_compaction(case):
    """A compaction deletes the layers before it has written the base: when that fails, everything is lost."""
    blocked = {"op": "block", "file": "x.af"}
    ops = [A, WRITTEN, FLUSH, blocked, COMPACT, {**blocked, "op": "unblock"}, REOPEN, LIST, READ]
    theirs, ours = answers(case, ORIGINAL, ops), answers(case, STRATA, ops)
    case.check(failed(theirs[4]) and failed(ours[4]), f"a compaction over a folder: {theirs[4]}, {ours[4]}")
    case.compare("the original", theirs[7], [])
    case.compare("strata", [ours[7], values(ours[8])], [["a"], [1, 2, 3, 4, 5, 6]])
    case.compare("a", both_read_alike(case)["a"]["content"]["values"], [1, 2, 3, 4, 5, 6])


def h7_compaction_of_pending_changes(case):
    """A compaction takes new arrays along without their data, and indices of attributes without their words."""
    ops = [
        define("b", "int8", [1]),
        FLUSH,
        A,
        WRITTEN,
        attribute("a", "units", string="K"),
        COMPACT,
        REOPEN,
        LIST,
        READ,
        {"op": "get_attr", "name": "a", "key": "units"},
    ]
    theirs, ours = answers(case, ORIGINAL, ops), answers(case, STRATA, ops)
    case.compare("the original", [theirs[7], values(theirs[8]), theirs[9]], [["b", "a"], [-1] * 6, "absent"])
    case.compare("strata", [ours[7], values(ours[8]), ours[9]], [["b", "a"], [1, 2, 3, 4, 5, 6], {"string": "K"}])
    both_read_alike(case)


def h8_cuts_to_32_bits(case):
    """What does not fit the format's numbers is cut without a word, an extent to 32 bits."""
    far = (1 << 32) + 5
    ops = [define("a", "int8", [far], [5]), FLUSH, REOPEN, READ]
    theirs, ours = answers(case, ORIGINAL, ops), answers(case, STRATA, ops)
    case.compare("the original", [theirs[0], values(theirs[3])], [None, [0] * 5])
    case.check(failed(ours[0]) and "STRATA_E_LIMIT" in ours[0], f"strata: {ours[0]}")


def h8_many_attributes(case):
    """Indices of attributes have 16 bits in the original (which takes minutes to show), and 32 in strata."""
    many = (1 << 16) + 2
    answers(case, STRATA, [A, *(attribute("a", f"k{i}", int32=i) for i in range(many)), FLUSH])
    for program in (STRATA, ORIGINAL):
        for i in (0, 1, many - 1):
            seen = answered(
                program,
                {
                    "command": "write",
                    "path": str(path(case, STRATA)),
                    "script": {"mode": "open", "ops": [{"op": "get_attr", "name": "a", "key": f"k{i}"}]},
                },
            )
            case.compare(f"k{i}, read by {program.name}", seen, [{"int32": i}])


def h9_numbers_of_layers(case):
    """A layer's number is how many there are: where one is missing, the next flush overwrites another."""
    answers(
        case,
        ORIGINAL,
        [define(n, "int32", [1]) for n in "ab"] + [op for i in range(3) for op in (write("ab"[i % 2], [i + 1]), FLUSH)],
    )
    folder = path(case, ORIGINAL).parent
    (folder / "x.2.af").unlink()
    shutil.copytree(folder, path(case, STRATA).parent)
    ops = [write("b", [7]), FLUSH, REOPEN, READ, {**READ, "name": "b"}]
    theirs, ours = (answers(case, program, ops, mode="open") for program in (ORIGINAL, STRATA))
    case.compare("the original", [values(a) for a in theirs[3:]], [[1], [7]])  # the 3 of the third layer is gone
    case.compare("strata", [values(a) for a in ours[3:]], [[3], [7]])
    both_read_alike(case)


def h9_create_over_layers(case):
    """Creating a file over another leaves the other's layers there, which the next to open it finds."""
    first, ops = [A, WRITTEN, FLUSH], [LIST, REOPEN, LIST]
    seen = []
    for program in (ORIGINAL, STRATA):
        answers(case, program, first)
        seen.append(answers(case, program, ops))
    case.compare("the original", [seen[0][0], seen[0][2]], [[], ["a"]])
    case.compare("strata", [seen[1][0], seen[1][2]], [[], []])
    case.compare("arrays", both_read_alike(case), {})


def h10_nan_in_json(case):
    """A NaN among a dataset's attributes makes a registry in JSON that cannot be opened any more."""
    ops = [{"op": "create_dataset", "dataset": "d"}, datasets_attribute("d", "k", float="nan"), FLUSH, REOPEN]
    theirs, ours = store_answers(case, ORIGINAL, ops), store_answers(case, STRATA, ops)
    case.check(theirs[:3] == [None] * 3 and failed(theirs[3]), f"the original: {theirs}")
    case.compare("strata", ours, [None] * 4)
    for program, seen in ((STRATA, {"float": "nan"}), (ORIGINAL, {"string": "NaN"})):
        (dataset,) = program.dump_store(case.folder / "strata" / "store")["datasets"]
        case.compare(f"strata's store, read by {program.name}", dataset["attributes"], {"k": seen})


def h11_texts_like_dates(case):
    """A text that looks like a date is a timestamp when it is read again."""
    date = {"string": "2024-02-29T12:00:00Z"}
    time = {"timestamp_ns": 1709208000 * 10**9}
    ops = [{"op": "create_dataset", "dataset": "d"}, datasets_attribute("d", "k", **date), FLUSH]
    for format, by_original in (("json", date), ("msgpack", time)):
        for program in (ORIGINAL, STRATA):
            program.write_store(scripts.store(format, ops=ops), case.folder / program.name / format)
        for writer, reader, seen in (
            (ORIGINAL, ORIGINAL, time),
            (ORIGINAL, STRATA, time),
            (STRATA, STRATA, date),
            (STRATA, ORIGINAL, by_original),
        ):
            (dataset,) = reader.dump_store(case.folder / writer.name / format)["datasets"]
            case.compare(f"{format} of {writer.name}, read by {reader.name}", dataset["attributes"], {"k": seen})


def h12_last_of_its_name(case):
    """Deleting the last array of a name writes nothing to its file: defined anew, it is there already."""
    ops = [
        {"op": "create_dataset", "dataset": "d"},
        on("d", define("a", "int8", [4], [2])),
        on("d", write("a", [1, 2, 3, 4])),
        FLUSH,
        on("d", delete("a")),
        FLUSH,
        REOPEN,
        on("d", define("a", "int16", [3], [2], {"int": -1})),
        on("d", write("a", [9], [2], [1])),
        FLUSH,
    ]
    theirs, ours = store_answers(case, ORIGINAL, ops), store_answers(case, STRATA, ops)
    case.check(failed(theirs[7]), f"the original: {theirs[7]}")
    case.compare("strata", ours, [None] * len(ops))
    for program in (STRATA, ORIGINAL):
        (array,) = program.dump_store(case.folder / "strata" / "store")["datasets"][0]["arrays"]
        case.compare(f"a, read by {program.name}", array["content"].get("values"), [-1, -1, 9])


def h12_missing_base(case):
    """Where the base of an array's file is missing, reading makes an empty one. strata reads it from its other place."""
    ops = [
        {"op": "create_dataset", "dataset": "d"},
        on("d", define("a", "int8", [2])),
        on("d", write("a", [1, 2])),
        FLUSH,
    ]
    for program in (ORIGINAL, STRATA):
        store_answers(case, program, ops)
        base = case.folder / program.name / "store" / "a" / "data.af"
        base.unlink()
        (read,) = store_answers(case, program, [on("d", READ)], mode="open")
        case.check(failed(read) == (program is ORIGINAL), f"{program.name} reads {read}")
        case.compare(f"{program.name} has made a base", base.exists(), program is ORIGINAL)


def h17_statistics_of_before(case):
    """Statistics are written after the layer: after a crash between the two, older ones are taken for the layer's."""
    for program in (ORIGINAL, STRATA):
        answers(case, program, [A, write("a", [1], [0], [1]), FLUSH])
        statistics = path(case, program).with_suffix(".stats")
        before = statistics.read_bytes()
        answers(case, program, [WRITTEN, FLUSH], mode="open")
        statistics.write_bytes(before)
    found = [by_name(program.dump(path(case, program))["arrays"])["a"]["stats"] for program in (ORIGINAL, STRATA)]
    case.compare("the original", [found[0]["max"], found[0]["null_count"]], [{"int": 1}, 5])
    case.compare("strata", [found[1]["max"], found[1]["null_count"]], [{"int": 6}, 0])


def h18_empty_folders(case):
    """An empty folder opens as a store, and the next flush makes it one."""
    outcomes = []
    for program in (ORIGINAL, STRATA):
        (case.folder / program.name / "store").mkdir(parents=True)
        outcomes.append(store_answers(case, program, [FLUSH], mode="open"))
    case.compare("the original", outcomes[0], [None])
    case.check((case.folder / "original" / "store" / "atlas.json").is_file(), "the original has made no store of it")
    case.check(failed(outcomes[1]), f"strata: {outcomes[1]}")
    case.compare("strata's folder", os.listdir(case.folder / "strata" / "store"), [])


if __name__ == "__main__":
    main(hazards(globals()))
