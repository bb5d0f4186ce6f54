"""Stores that the command imported from NetCDF: what the original sees of them, and what an export makes of them after it has saved."""

import os
import shutil
import subprocess

from interop import main, original, skip, strata
from scripts import FLUSH, datasets_attribute, on, write

CDL = """netcdf x { types: byte enum sky { CLEAR = 0, CLOUDY = 1 } ;
dimensions: t = UNLIMITED ; n = 2 ; len = 3 ;
variables: int v(t, n) ; v:valid_range = 0s, 100s ; v:units = "m" ; v:third = 0.333333343f ; char c(n, len) ; sky s(n) ;
  double t(t) ; t:units = "days since 2000-01-01" ; :title = "Zürich" ; :levels = 1, 2 ;
data: v = 1, 2, 3, 4 ; c = "ab", "cde" ; s = CLOUDY, CLEAR ; t = 0.5, 1 ;
group: g { variables: short w(n) ; w:note = "inside" ; data: w = 5, 6 ; } }
"""


def run(case, *words):
    done = subprocess.run(words, capture_output=True, text=True, cwd=case.folder)
    if done.returncode != 0:
        case.complain(f"{' '.join(words)}: {done.stdout}{done.stderr}")
    return done.stdout


def imported(case):
    (case.folder / "x.cdl").write_text(CDL, encoding="utf-8")
    run(case, "ncgen", "-k", "nc4", "-o", "x.nc", "x.cdl")
    run(case, COMMAND, "import", "store", "x.nc")
    return case.folder / "store"


def the_original_reads_what_was_imported(case):
    folder = imported(case)
    mine, theirs = (program.dump_store(folder)["datasets"][0] for program in (strata(), ORIGINAL))
    case.compare("names", [a["name"] for a in theirs["arrays"]], ["v", "c", "s", "t", "g.w"])
    case.compare("attributes", theirs["attributes"], mine["attributes"])
    values = {a["name"]: a["content"].get("values") for a in theirs["arrays"]}
    case.compare("values", values, {a["name"]: a["content"].get("values") for a in mine["arrays"]})
    # As the original's Python package keeps lists, and tells coordinates.
    for key, value in {"v.valid_range": "json:[0, 100]", "levels": "json:[1, 2]", "g.w.note": "inside", "_pyatlas_coords": '["t"]'}.items():
        case.compare(key, theirs["attributes"].get(key), {"string": value})


def an_export_after_the_original_has_saved(case):
    """The notes are gone then: the data and plain attributes are what they were, and a list is a list still."""
    folder = imported(case)
    before = run(case, "ncdump", "x.nc")
    run(case, COMMAND, "export", "store", "x", "--out", "before.nc")
    case.compare("unchanged", run(case, "ncdump", "before.nc").split("\n")[1:], before.split("\n")[1:])
    ORIGINAL.write_store({"mode": "open", "ops": [datasets_attribute("x", "by", string="the original"), on("x", write("v", [9], [1, 1], [1, 1])),
                                                  FLUSH]}, folder)
    run(case, COMMAND, "export", "store", "x", "--out", "after.nc")
    after = run(case, "ncdump", "after.nc")
    for line in ["int v(t, n) ;", "v:valid_range = 0, 100 ;", ':title = "Zürich" ;', ':by = "the original" ;', "3, 9 ;", 'string c(n) ;', '"ab", "cde" ;',
                 "byte s(n) ;", "short g.w(n) ;", 'g.w:note = "inside" ;', "t = 0.5, 1 ;", "levels = 1, 2 ;"]:
        case.check(line in after, f"{line!r} is not in\n{after}")
    # A commit of strata's on top of it.
    run(case, COMMAND, "set-attr", "store", "x", "title", "changed")
    run(case, COMMAND, "check", "store")


def an_export_after_a_resize_below_the_chunks(case):
    """The note's chunks are larger than their dimensions then."""
    (case.folder / "x.cdl").write_text("""netcdf x { dimensions: n = 8 ; t = UNLIMITED ; variables: int v(n, t) ; v:_ChunkSizes = 6, 4 ;
data: v = {1, 2, 3}, {4, 5, 6}, {7, 8, 9}, {1, 2, 3}, {4, 5, 6}, {7, 8, 9}, {1, 2, 3}, {4, 5, 6} ; }""", encoding="utf-8")
    run(case, "ncgen", "-k", "nc4", "-o", "x.nc", "x.cdl")
    case.check("v:_ChunkSizes = 6, 4 ;" in run(case, "ncdump", "-hs", "x.nc"), "ncgen has made other chunks")
    run(case, COMMAND, "import", "store", "x.nc")
    resize = {"op": "resize", "name": "v", "of": ["int32", [8, 3]], "shape": [5, 2]}
    strata().write_store({"mode": "open", "ops": [on("x", resize), FLUSH]}, case.folder / "store")
    run(case, COMMAND, "export", "store", "x", "--out", "out.nc")
    out = run(case, "ncdump", "-s", "out.nc")
    for line in ["n = 5 ;", "t = UNLIMITED ; // (2 currently)", "v:_ChunkSizes = 5, 4 ;", "{4, 5} ;"]:
        case.check(line in out, f"{line!r} is not in\n{out}")


COMMAND = os.environ.get("STRATA_COMMAND", "")
if not COMMAND or not shutil.which("ncgen") or not shutil.which("ncdump"):
    skip("it needs the strata command, ncgen and ncdump (netcdf-bin)")
ORIGINAL = original()
main({f.__name__: f for f in (the_original_reads_what_was_imported, an_export_after_the_original_has_saved,
                              an_export_after_a_resize_below_the_chunks)})
