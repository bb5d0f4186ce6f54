"""The files of the demo, into a store and back, compared by libnetcdf."""

import os
import subprocess
import sys

import support

SCRIPT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "scripts", "demo-data")
FOUND = subprocess.run([SCRIPT], capture_output=True, text=True, check=False)
if FOUND.returncode != 0:
    print("skipped: scripts/demo-data could not fetch the data: " + FOUND.stderr)
    sys.exit(77)
DATA = FOUND.stdout.strip()


class DemoData(support.Case):
    def test_every_file_comes_back_unchanged(self):
        files = sorted(name for name in os.listdir(DATA) if name.endswith((".nc", ".cdf")))
        self.assertGreaterEqual(len(files), 10)
        for name in files:
            with self.subTest(file=name):
                self.strata("import", "store", os.path.join(DATA, name))
                self.strata("export", "store", os.path.splitext(name)[0], "--out", "back.nc", "--overwrite")
                result = subprocess.run([support.NC_COMPARE, os.path.join(DATA, name), self.path("back.nc")],
                                        capture_output=True, text=True)
                self.assertEqual((result.returncode, result.stdout, result.stderr), (0, "", ""))


support.main()
