"""check, repair and salvage where the original is involved: its stores and files are sound, and it reads what was repaired."""

import os
import shutil
import subprocess

import scripts
from interop import FIXTURES, bound, main, original, skip, strata
from scripts import COMPACT, FLUSH, REOPEN, define, on, write


def run(case, *words, code=0):
    done = subprocess.run([COMMAND, *words], capture_output=True, text=True, cwd=case.folder)
    case.check(done.returncode == code, f"{' '.join(words)} ended with {done.returncode}: {done.stdout}{done.stderr}")
    return done.stdout


def sound(case, name):
    """Nothing that the original wrote is called a defect."""
    source = FIXTURES / name
    shutil.copytree(source, case.folder / "it")
    if (case.folder / "it").joinpath("store").is_dir():
        run(case, "check", "it/store")
    for base in sorted((case.folder / "it").glob("*.af")):
        stem = base.stem.split(".")
        if not (len(stem) > 1 and stem[-1].isdigit()):
            run(case, "check", str(base.relative_to(case.folder)))
    for registry in (case.folder / "it").glob("atlas.*"):
        run(case, "check", str(registry.parent.relative_to(case.folder)))


def made(case):
    folder = case.folder / "store"
    ops = []
    for dataset in ("a", "b"):
        ops += [{"op": "create_dataset", "dataset": dataset}, on(dataset, define("x", "int32", [6], [2])), on(dataset, write("x", list(range(6))))]
    ops += [FLUSH, REOPEN, on("a", write("x", [10, 11], [0], [2])), FLUSH, REOPEN, on("b", write("x", [12, 13], [4], [2])), FLUSH]
    strata().write_store(scripts.store(ops=ops), folder)
    return folder


def flip(path):
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 4
    path.write_bytes(data)


DAMAGES = {
    "registry": lambda folder: flip(folder / "atlas.json"),
    "registry gone": lambda folder: (folder / "atlas.json").unlink(),
    "newest entry": lambda folder: flip(sorted((folder / "_strata" / "log").iterdir())[-1]),
    "older entry gone": lambda folder: sorted((folder / "_strata" / "log").iterdir())[1].unlink(),
    "newest layer": lambda folder: flip(folder / "x" / "data.2.af"),
    "newest layer gone everywhere": lambda folder: lose(folder, folder / "x" / "data.2.af"),
}


def lose(folder, slot):
    inode = slot.stat().st_ino
    for home in (folder / "_strata" / "layers").iterdir():
        if home.stat().st_ino == inode:
            home.unlink()
    slot.unlink()


def repaired(case, damage):
    folder = made(case)
    DAMAGES[damage](folder)
    run(case, "check", "store", code=3)
    run(case, "repair", "store", "--yes")
    run(case, "check", "store")
    mine, theirs = (program.dump_store(folder) for program in (strata(), ORIGINAL))
    values = {}
    for program, dump in (("strata", mine), ("the original", theirs)):
        values[program] = {d["name"]: d["arrays"][0]["content"].get("values") for d in dump["datasets"]}
    case.compare("values", values["strata"], values["the original"])
    case.check(values["strata"]["a"][2:4] == [2, 3], f"values {values['strata']}")
    # It goes on, and so does strata after it.
    ORIGINAL.write_store({"mode": "open", "ops": [on("a", write("x", [99], [3], [1])), FLUSH, COMPACT]}, folder)
    strata().write_store({"mode": "open", "ops": [on("b", write("x", [98], [0], [1])), FLUSH]}, folder)
    after = [{d["name"]: d["arrays"][0]["content"].get("values") for d in program.dump_store(folder)["datasets"]} for program in (strata(), ORIGINAL)]
    case.compare("after", after[0], after[1])
    case.check(after[0]["a"][3] == 99 and after[0]["b"][0] == 98, f"after: {after[0]}")
    run(case, "check", "store")


COMMAND = os.environ.get("STRATA_COMMAND", "")
if not COMMAND:
    skip("it needs the strata command")
ORIGINAL = original()
# The chunks of list_dtypes hold arbitrary bytes: the original never looks into lists, and check does.
names = sorted({name for name in os.listdir(FIXTURES) if (FIXTURES / name).is_dir() and name != "list_dtypes"})
main({**{f"sound {name}": bound(sound, name) for name in names}, **{f"repaired {damage}": bound(repaired, damage) for damage in DAMAGES}})
