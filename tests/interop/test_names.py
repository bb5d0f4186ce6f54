"""Names that are not plain ASCII, everywhere a name can be."""

import scripts
from interop import bound, by_name, chosen, main, original, strata
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
    """The original's own compacted base in an encoded folder, with its statistics in the twice encoded one."""
    folder = case.folder / "store"
    ops = [{"op": "create_dataset", "dataset": "d"}, on("d", define(name, "int32", [3], [2])), on("d", write(name, [1, 2, 3])), FLUSH, COMPACT]
    ORIGINAL.write_store(scripts.store(ops=ops), folder)
    mine, theirs = (program.dump_store(folder)["datasets"] for program in (strata(), ORIGINAL))
    case.check(mine[0]["arrays"][0]["stats"] is not None, "no statistics")
    case.compare("datasets", mine, theirs)


def seen(program, folder):
    """Values and statistics of the one array of a store; None where the program cannot read it."""
    array = program.dump_store(folder)["datasets"][0]["arrays"][0]
    values = array.get("content", {}).get("values")
    return (values, array["stats"]["min"]["int"], array["stats"]["max"]["int"]) if values and array["stats"] else values


def lost_by_original(case, name):
    """Layers that the original puts where it does not find them again (H4): strata does, and puts them into order."""
    folder = case.folder / "store"
    encoded = strata_encodes(name)
    ops = [{"op": "create_dataset", "dataset": "d"}, on("d", define(name, "int32", [3], [2])), on("d", write(name, [1, 2, 3])), FLUSH,
           on("d", write(name, [9], [1], [1])), FLUSH]
    ORIGINAL.write_store(scripts.store(ops=ops), folder)
    if encoded:
        case.check(seen(ORIGINAL, folder) is None, "the original finds its data again: H4 is no more")
    case.check(seen(strata(), folder) == ([1, 9, 3], 1, 9), f"strata reads {seen(strata(), folder)}")

    def step(program, ops, *wanted):
        program.write_store({"mode": "open", "ops": ops}, folder)
        for reader, want in zip((strata(), ORIGINAL), wanted):
            found = seen(reader, folder)
            case.check(found == want, f"after {program.name} {[op['op'] for op in ops]}: {reader.name} reads {found}, not {want}")

    step(strata(), [on("d", write(name, [7], [2], [1])), FLUSH], ([1, 9, 7], 1, 9))
    step(strata(), [COMPACT], ([1, 9, 7], 1, 9))
    case.check((seen(ORIGINAL, folder) if encoded else seen(ORIGINAL, folder)[0]) == [1, 9, 7], f"the original reads {seen(ORIGINAL, folder)}")
    # From now on the base alone tells the original what there is.
    step(ORIGINAL, [on("d", write(name, [5], [0], [1])), FLUSH], ([5, 9, 7], 5, 9))
    step(strata(), [on("d", write(name, [4], [1], [1])), FLUSH], ([5, 4, 7], 4, 7))
    step(strata(), [COMPACT], ([5, 4, 7], 4, 7))
    step(ORIGINAL, [on("d", write(name, [3], [0], [1])), FLUSH, COMPACT], ([3, 4, 7], 3, 7), ([3, 4, 7], 3, 7))
    step(strata(), [on("d", write(name, [8], [2], [1])), FLUSH], ([3, 4, 8], 3, 8))
    step(strata(), [COMPACT], ([3, 4, 8], 3, 8))


def strata_encodes(name):
    return any(ord(c) < 32 or ord(c) > 126 or c in "/\\{^}%`]\">[~<#|*?" for c in name)


def file_alone(case):
    """The same for a file: the original's `é.af` is %C3%A9.af on the disk, its layers %25C3%25A9.1.af."""
    path, on_disk = case.folder / "é.af", case.folder / "%C3%A9.af"
    ORIGINAL.write(scripts.file([define("a", "int32", [3], [2]), write("a", [1, 2, 3]), FLUSH, write("a", [9], [1], [1]), FLUSH]), path)

    def values(what):
        array = by_name(strata().dump(on_disk)["arrays"]).get("a", {})
        case.check(array.get("content", {}).get("values") == what, f"strata reads {array.get('content')}, not {what}")

    values([1, 9, 3])
    strata().write({"mode": "open", "ops": [write("a", [7], [2], [1]), FLUSH]}, on_disk)
    values([1, 9, 7])
    strata().write({"mode": "open", "ops": [COMPACT]}, on_disk)
    values([1, 9, 7])
    case.check(sorted(p.name for p in case.folder.iterdir() if "%25" in p.name) == [], "layers are left where they were")
    ORIGINAL.write({"mode": "open", "ops": [write("a", [5], [0], [1]), FLUSH]}, path)
    values([5, 9, 7])


def opened_alone(case):
    """An array file of a store is the same when it is read by its path. Written to it is through the store only, whose log would not know."""
    folder, name = case.folder / "store", "température"
    ops = [{"op": "create_dataset", "dataset": "d"}, on("d", define(name, "int32", [3], [2])), on("d", write(name, [1, 2, 3])), FLUSH]
    ORIGINAL.write_store(scripts.store(ops=ops), folder)
    path = folder / "temp%C3%A9rature" / "data.af"
    found = by_name(strata().dump(path)["arrays"])["d"]["content"]["values"]
    case.check(found == [1, 2, 3], f"strata reads {found}")
    strata().write({"mode": "open", "ops": [write("d", [9], [1], [1]), FLUSH]}, path, fails=True)
    case.check(seen(strata(), folder) == ([1, 2, 3], 1, 3), f"strata reads {seen(strata(), folder)}")


def two_that_share_a_folder(case):
    """The original's array `é` has its layers in the folder where `%C3%A9` has its base."""
    folder, second = case.folder / "store", "%C3%A9"
    ops = [{"op": "create_dataset", "dataset": "d"}]
    for name, values in (("é", [1, 2, 3]), (second, [4, 5, 6])):
        ops += [on("d", define(name, "int32", [3], [2])), on("d", write(name, values))]
    ORIGINAL.write_store(scripts.store(ops=ops + [FLUSH]), folder)

    def values(what):
        arrays = by_name(strata().dump_store(folder)["datasets"][0]["arrays"])
        found = [arrays[name].get("content", {}).get("values") for name in ("é", second)]
        case.check(found == what, f"strata reads {found}, not {what}")

    values([[1, 2, 3], [4, 5, 6]])
    strata().write_store({"mode": "open", "ops": [on("d", write(second, [7], [0], [1])), FLUSH]}, folder)
    values([[1, 2, 3], [7, 5, 6]])
    strata().write_store({"mode": "open", "ops": [on("d", write("é", [8], [0], [1])), FLUSH]}, folder)
    values([[8, 2, 3], [7, 5, 6]])
    strata().write_store({"mode": "open", "ops": [COMPACT]}, folder)
    values([[8, 2, 3], [7, 5, 6]])
    arrays = by_name(ORIGINAL.dump_store(folder)["datasets"][0]["arrays"])
    case.check([arrays[n]["content"].get("values") for n in ("é", second)] == [[8, 2, 3], [7, 5, 6]], "compacted, the original reads other values")


if __name__ == "__main__":
    ORIGINAL = original()
    cases = {f"entries, {writer} first": bound(entries, writer) for writer in ("strata", "original")}
    for name in FOLDERS:
        cases[f"array {name} of a store"] = bound(array_of_store, name)
        cases[f"array {name} of the original's"] = bound(compacted_by_original, name)
        cases[f"array {name} lost by the original"] = bound(lost_by_original, name)
    cases |= {"file alone": file_alone, "opened alone": opened_alone, "two that share a folder": two_that_share_a_folder}
    main(cases)
