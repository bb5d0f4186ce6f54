"""The past of a store that both write: tags and kept commits hold what the original wrote, too, whatever either does later."""

import json
import os
import shutil
import subprocess

import scripts
from interop import FIXTURES, bound, main, original, skip, strata
from scripts import COMPACT, FLUSH, define, on, write


def run(case, *words, code=0):
    done = subprocess.run([COMMAND, *words], capture_output=True, text=True, cwd=case.folder)
    case.check(done.returncode == code, f"{' '.join(words)} ended with {done.returncode}: {done.stdout}{done.stderr}")
    return done.stdout


def content(case, commit):
    """Every dataset and array of a commit, as text."""
    return {d["name"]: [run(case, "get", "store", d["name"], array, "--json", "--at", commit) for array in d["arrays"]]
            for d in json.loads(run(case, "ls", "store", "--json", "--at", commit))}


def of_the_original(case, name):
    """Its layers have no ids and no homes: a tag keeps them all the same."""
    shutil.copytree(FIXTURES / name, case.folder / "store")
    run(case, "tag", "store", "as found")
    before = content(case, "as found")
    case.check(bool(before), "there is nothing in it")
    dataset, arrays = next((d["name"], d["arrays"]) for d in json.loads(run(case, "ls", "store", "--json")) if d["arrays"])
    run(case, "compact", "store")
    case.check(content(case, "as found") == before, "a compaction changed what the tag holds")
    run(case, "rm", "store", dataset, "--yes")
    run(case, "compact", "store")
    run(case, "gc", "store")
    case.check(content(case, "as found") == before, "a deletion changed what the tag holds")
    case.check(json.loads(run(case, "check", "store", "--json"))["findings"] == [], "check has something to say")
    ORIGINAL.dump_store(case.folder / "store")
    run(case, "untag", "store", "as found")
    run(case, "gc", "store")
    case.check(not list((case.folder / "store" / "_strata" / "layers").glob("*-*.af")), "layers of the original stay")


def in_turns(case):
    """The original saves its registry without the history, and compacts: the log goes on with it."""
    folder = case.folder / "store"
    ops = [{"op": "create_dataset", "dataset": "a"}, on("a", define("x", "int32", [6], [2])), on("a", write("x", list(range(6)))), FLUSH]
    strata().write_store(scripts.store(ops=ops), folder)
    run(case, "retain", "store", "--commits", "all")
    run(case, "tag", "store", "mine")
    before = content(case, "mine")
    ORIGINAL.write_store({"mode": "open", "ops": [{"op": "create_dataset", "dataset": "b"}, on("b", define("x", "int32", [6], [2])),
                                                  on("b", write("x", [7] * 6)), on("a", write("x", [99], [3], [1])), FLUSH]}, folder)
    case.check(content(case, "mine") == before, "the original's commit changed what the tag holds")
    run(case, "tag", "store", "theirs")
    theirs = content(case, "theirs")
    case.check(set(theirs) == {"a", "b"} and "99" in theirs["a"][0], f"what the original wrote is not there: {theirs}")
    run(case, "put", "store", "a", "x", "0", "50")
    run(case, "compact", "store")
    ORIGINAL.write_store({"mode": "open", "ops": [on("b", write("x", [8], [0], [1])), FLUSH]}, folder)
    run(case, "put", "store", "a", "x", "1", "51")
    run(case, "compact", "store")
    case.check(content(case, "mine") == before and content(case, "theirs") == theirs, "the tags hold something else now")
    tags = [t["tag"] for t in json.loads(run(case, "tags", "store", "--json"))]
    case.check(tags == ["mine", "theirs"], f"tags {tags}")
    case.check(json.loads(run(case, "retain", "store", "--json"))["commits"] == "all", "the retention is gone")
    run(case, "check", "store")
    mine, alone = (program.dump_store(folder) for program in (strata(), ORIGINAL))
    values = [{d["name"]: d["arrays"][0]["content"].get("values") for d in dump["datasets"]} for dump in (mine, alone)]
    case.compare("values", values[0], values[1])
    case.check(values[0]["a"] == [50, 51, 2, 99, 4, 5] and values[0]["b"][0] == 8, f"values {values[0]}")


X = "int32", [6], [2]


def anew(folder, start, mode="open"):
    """The original writes all of an array and compacts it; codec none, so that all of these bases have one size and one footer."""
    new = [{"op": "create_dataset", "dataset": "a"}, on("a", define("x", *X))] if mode == "create" else []
    ops = new + [on("a", write("x", list(range(start, start + 6)))), FLUSH, COMPACT]
    ORIGINAL.write_store({"mode": mode, "codec": "none", "ops": ops}, folder)
    return (folder / "x" / "data.af").read_bytes()


def equal_footers(case):
    folder = case.folder / "store"
    bases = [anew(folder, 0, "create")]
    run(case, "tag", "store", "0th")
    run(case, "retain", "store", "--commits", "all")
    held = {"0th": content(case, "0th")}
    for i in (1, 2, 3):
        bases.append(anew(folder, 100 * i))
        run(case, "tag", "store", str(i) + "th")
        held[f"{i}th"] = content(case, f"{i}th")
        case.check(f"{100 * i + 3}" in held[f"{i}th"]["a"][0], f"the tag has {held[f'{i}th']}")
        for tag, was in held.items():
            case.check(content(case, tag) == was, f"{tag} reads otherwise after base {i}")
    case.check(len({len(b) for b in bases}) == 1 and len({b[-200:] for b in bases}) == 1, "these bases differ in more than data: the test shows nothing")
    run(case, "compact", "store")
    run(case, "gc", "store")
    for tag, was in held.items():
        case.check(content(case, tag) == was, f"{tag} reads otherwise after a compaction")
    case.check(json.loads(run(case, "check", "store", "--json"))["findings"] == [], "check has something to say")


def a_lost_home(case):
    """What has its place and its footer, and other data, is not it: a check finds that a tag has lost a layer."""
    folder = case.folder / "store"
    first = anew(folder, 0, "create")
    run(case, "tag", "store", "first")
    anew(folder, 100)
    run(case, "set-attr", "store", "a", "n", "1")
    homes = [home for home in (folder / "_strata" / "layers").glob("*-*-*.af") if home.read_bytes() == first]
    case.check(len(homes) == 1, f"the tag's layer has the homes {homes}")
    run(case, "check", "store")
    homes[0].unlink()
    found = json.loads(run(case, "check", "store", "--json", code=3))["findings"]
    case.check("first" in json.dumps(found), f"found {found}")
    run(case, "get", "store", "a", "x", "3", "--at", "first", code=1)


def equal_footers_and_nothing_kept(case):
    """Then an older commit can be gone, and never has other data."""
    folder = case.folder / "store"
    anew(folder, 0, "create")
    run(case, "set-attr", "store", "a", "n", "1")
    first = json.loads(run(case, "log", "store", "--json"))[0]["seq"]
    case.check("3" in run(case, "get", "store", "a", "x", "3", "--at", str(first)), "it cannot be read while it is there")
    anew(folder, 100)
    done = subprocess.run([COMMAND, "get", "store", "a", "x", "3", "--at", str(first)], capture_output=True, text=True, cwd=case.folder)
    case.check(done.returncode == 1 and "not kept" in done.stderr, f"commit {first} reads {done.stdout}{done.stderr}")
    run(case, "set-attr", "store", "a", "n", "2")
    case.check("103" in run(case, "get", "store", "a", "x", "3"), "the newest is not what the original wrote")


def copied(case):
    """Its files have other times: the newest commit, and what was kept, are the same all the same."""
    folder = case.folder / "store"
    anew(folder, 0, "create")
    run(case, "tag", "store", "first")
    run(case, "put", "store", "a", "x", "1", "50")
    ORIGINAL.write_store({"mode": "open", "ops": [on("a", write("x", [77], [5], [1])), FLUSH]}, folder)
    run(case, "put", "store", "a", "x", "2", "51")
    first = content(case, "first")
    os.rename(folder, case.folder / "old")
    shutil.copytree(case.folder / "old", folder, copy_function=shutil.copyfile)
    want = [0, 50, 51, 3, 4, 77]

    def values():
        return json.loads(run(case, "get", "store", "a", "x", "--json"))["values"]

    case.check(values() == want, f"the copy has {values()}")
    case.check(content(case, "first") == first, "the tag reads otherwise")
    run(case, "check", "store")
    run(case, "tag", "store", "second")
    run(case, "put", "store", "a", "x", "3", "52")
    run(case, "compact", "store")
    case.check(values() == [0, 50, 51, 52, 4, 77], f"after a change the copy has {values()}")
    case.check(content(case, "first") == first, "the tag reads otherwise after a compaction")
    case.check("77" in content(case, "second")["a"][0], "the tag of the copy has something else")
    case.check(json.loads(run(case, "check", "store", "--json"))["findings"] == [], "check has something to say")


COMMAND = os.environ.get("STRATA_COMMAND", "")
if not COMMAND:
    skip("it needs the strata command")
ORIGINAL = original()
stores = sorted(name for name in os.listdir(FIXTURES) if name.startswith("store_") and name != "store_empty")
main({**{f"of the original: {name}": bound(of_the_original, name) for name in stores}, "in turns": bound(in_turns), "equal footers": bound(equal_footers),
      "equal footers, and nothing is kept": bound(equal_footers_and_nothing_kept), "a copied store": bound(copied),
      "a lost home": bound(a_lost_home)})
