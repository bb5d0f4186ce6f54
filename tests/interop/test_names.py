"""Names that are not plain ASCII, everywhere a name can be."""

import scripts
from interop import bound, by_name, chosen, main, original, strata, without
from scripts import COMPACT, FLUSH, REOPEN, attribute, define, delete, on, write

NAMES = ("température", "日本語の名前", "🜁🜂🜃🜄", "a/b\\c", "..", ".", " ", "_x", "100% #1", "tab\tnew\nline", "nul\0inside", "e\u0301",
         "x" * 15 + "é", "x" * 14 + "é", "ÿ" * 300, "\ufeffbom", "\U0010ffff", "%2E%2E")


def entries(case, writer):
    """Arrays of a file, their dimensions and attributes, over several layers; the other program then changes each."""
    path = case.folder / "data.af"
    ops = []
    for i, name in enumerate(NAMES):
        dims = [name.replace("\0", ""), "second"]  # dimension names end at a NUL in the ABI
        ops += [define(name, "int16", [2, 2], None, {"string": name}, dims), write(name, [i, i, i, i]),
                attribute(name, name, string=name)]
    first, second = (strata(), ORIGINAL) if writer == "strata" else (ORIGINAL, strata())
    first.write(scripts.file(ops + [FLUSH]), path)
    equal(case, path, "written")
    seen = by_name(strata().dump(path)["arrays"])
    case.check(tuple(seen) == NAMES, "other names, or another order")
    for name, array in seen.items():
        case.check(array["attributes"] == {name: {"string": name}}, f"{name!r}: attributes {array['attributes']}")
        case.check(array["fill"] == {"string": name}, f"{name!r}: fill {array['fill']}")
        case.check(array["dims"][0] == name.replace("\0", ""), f"{name!r}: dimensions {array['dims']}")
    second.write({"mode": "open", "ops": [write(n, [100], [1, 1], [1, 1]) for n in NAMES] + [delete(NAMES[0]), FLUSH]}, path)
    equal(case, path, "changed")
    first.write({"mode": "open", "ops": [COMPACT]}, path)
    equal(case, path, "compacted")
    values = [a["content"].get("values") for a in strata().dump(path)["arrays"]]
    case.compare("values", values, [[i, i, i, 100] for i in range(1, len(NAMES))])


def equal(case, path, what):
    case.compare(what, chosen(strata().dump(path)), chosen(ORIGINAL.dump(path)))


# Names of arrays in a store are names of folders, which the original encodes.
FOLDERS = ("température", "100% #1", "日本", "a b", "..x", "x.y+z:", "%", "é" * 20)  # twenty: encoded twice, a folder's name is 200 bytes long


def array_of_store(case, name):
    """strata reads its own layers; the original, which cannot find layers in such folders (H4), reads what was compacted."""
    folder = case.folder / "store"
    ops = [{"op": "create_dataset", "dataset": "d é"}, on("d é", define(name, "int32", [3], [2])), on("d é", write(name, [1, 2, 3])), FLUSH,
           on("d é", write(name, [9], [1], [1])), FLUSH, REOPEN, on("d é", write(name, [8], [2], [1])), FLUSH]
    strata().write_store(scripts.store(ops=ops), folder)
    mine = strata().dump_store(folder)
    values = mine["datasets"][0]["arrays"][0].get("content", {}).get("values")
    case.check(values == [1, 9, 8], f"strata reads {values}")
    strata().write_store({"mode": "open", "ops": [COMPACT]}, folder)
    for program in (strata(), ORIGINAL):
        dump = program.dump_store(folder)
        values = dump["datasets"][0]["arrays"][0].get("content", {}).get("values")
        case.check(values == [1, 9, 8], f"compacted, {program.name} reads {values}")


def compacted_by_original(case, name):
    """The original's own compacted base in an encoded folder; its statistics lie in the twice encoded one (H4)."""
    folder = case.folder / "store"
    ops = [{"op": "create_dataset", "dataset": "d"}, on("d", define(name, "int32", [3], [2])), on("d", write(name, [1, 2, 3])), FLUSH, COMPACT]
    ORIGINAL.write_store(scripts.store(ops=ops), folder)
    mine, theirs = (program.dump_store(folder)["datasets"] for program in (strata(), ORIGINAL))
    for dataset in (*mine, *theirs):
        dataset["arrays"] = without(dataset["arrays"], "stats")
    case.compare("datasets", mine, theirs)


if __name__ == "__main__":
    ORIGINAL = original()
    cases = {f"entries, {writer} first": bound(entries, writer) for writer in ("strata", "original")}
    for name in FOLDERS:
        cases[f"array {name} of a store"] = bound(array_of_store, name)
        cases[f"array {name} of the original's"] = bound(compacted_by_original, name)
    main(cases)
