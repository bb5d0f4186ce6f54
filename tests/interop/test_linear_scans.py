"""H16: the original looks its chunks up one after the other, so that a whole array costs the square of their number.
Counted in instructions, of the original and of strata, with few chunks and with four times as many."""

import json
import re
import shutil
import subprocess
import tempfile
from pathlib import Path

import scripts
from interop import main, original, skip, strata


def instructions(program, chunks):
    """To write an array of that many chunks and flush it."""
    with tempfile.TemporaryDirectory() as folder:
        script, counts = Path(folder) / "script.json", Path(folder) / "counts"
        script.write_text(
            json.dumps(
                scripts.file([scripts.define("a", "int8", [chunks], [1]), scripts.write("a", 1), scripts.FLUSH], "none")
            )
        )
        subprocess.run(
            [
                "valgrind",
                "--quiet",
                "--tool=callgrind",
                f"--callgrind-out-file={counts}",
                program.path,
                "write",
                script,
                Path(folder) / "x.af",
            ],
            check=True,
            capture_output=True,
        )
        return int(re.search(r"^(?:totals|summary): (\d+)", counts.read_text(), re.M).group(1))


def h16_linear_scans(case):
    """Four times the chunks take the original over eight times the instructions, and strata about four times."""
    theirs, ours = (instructions(program, 4000) / instructions(program, 1000) for program in (ORIGINAL, STRATA))
    case.check(theirs > 8, f"the original takes {theirs:.1f} times as many")
    case.check(ours < 4.4, f"strata takes {ours:.1f} times as many")


if __name__ == "__main__":
    STRATA, ORIGINAL = strata(), original()
    if not shutil.which("valgrind"):
        skip("valgrind is missing")
    main({"h16_linear_scans": h16_linear_scans})
