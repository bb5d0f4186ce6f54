"""What the tests of hazards share: scripts on a file or store of either program's own, and what operations answer."""

from pathlib import Path

from interop import by_name, chosen, original, strata
from scripts import define, write

STRATA, ORIGINAL = strata(), original()
READ, LIST = {"op": "read", "name": "a"}, {"op": "list"}
A = define("a", "int32", [6], [2], {"int": -1})
WRITTEN = write("a", [1, 2, 3, 4, 5, 6])


def path(case, program):
    return case.folder / program.name / "x.af"


def answers(case, program, ops, **head):
    """What each operation answers: its value, or "error"; a script that ends the program is "ended"."""
    return answered(
        program,
        {
            "command": "write",
            "path": str(path(case, program)),
            "script": {"keep_going": True, "codec": "none", "ops": ops, **head},
        },
    )


def store_answers(case, program, ops, **head):
    folder = case.folder / program.name / "store"
    return answered(
        program, {"command": "write-store", "path": str(folder), "script": {"keep_going": True, "ops": ops, **head}}
    )


def answered(program, job):
    Path(job["path"]).parent.mkdir(parents=True, exist_ok=True)
    (answer,) = program.batch([job])
    if answer is None:
        return "ended"
    return (
        [f"error: {r['error']}" if "error" in r else r.get("value") for r in answer["results"]]
        if "results" in answer
        else "error"
    )


def values(answer):
    return answer["values"] if isinstance(answer, dict) else answer


def failed(answer):
    return isinstance(answer, str) and answer.startswith(("error", "ended"))


def both_read_alike(case):
    """The file of strata's, by both; gives its arrays by name."""
    mine, theirs = (chosen(program.dump(path(case, STRATA))) for program in (STRATA, ORIGINAL))
    case.compare("what strata wrote, read by the original", theirs, mine)
    return by_name(mine)


def hazards(names):
    """The cases of a module: its functions that begin with a hazard's number."""
    return {name: case for name, case in names.items() if name[:1] == "h" and name[1:2].isdigit()}
