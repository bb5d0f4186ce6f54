"""Runs the command and makes NetCDF files for it. Tests end with support.main()."""

import json
import os
import pty
import subprocess
import sys
import unittest

STRATA, NCGEN, NC_COMPARE = sys.argv[1:4]
# fontconfig keeps what it has read, and says so to no leak checker.
with open("leaks", "w", encoding="utf-8") as leaks:
    leaks.write("leak:libfontconfig\nleak:FcValueSave\n")
os.environ["LSAN_OPTIONS"] = "suppressions=%s:print_suppressions=0" % os.path.abspath("leaks")


class Case(unittest.TestCase):
    maxDiff = None

    def setUp(self):
        # Every case works in a folder of its own, below the test's scratch folder.
        self.folder = os.path.abspath(self.id().split(".")[-1])
        os.makedirs(self.folder)

    def path(self, name):
        return os.path.join(self.folder, name)

    def run_strata(self, *arguments, stdin="", environment=None):
        env = dict(os.environ, LC_ALL="C.UTF-8", COLUMNS="80", LINES="24", **(environment or {}))
        return subprocess.run([STRATA, *arguments], input=stdin, capture_output=True, text=True,
                              cwd=self.folder, env=env, timeout=300)

    def strata(self, *arguments, stdin=""):
        """Runs what has to succeed without a word on stderr; returns stdout."""
        result = self.run_strata(*arguments, stdin=stdin)
        self.assertEqual((result.returncode, result.stderr), (0, ""), arguments)
        self.assertNotIn("\x1b", result.stdout)
        return result.stdout

    def json(self, *arguments):
        return json.loads(self.strata(*arguments, "--json"))

    def fails(self, code, *arguments, says=(), stdin=""):
        """Runs what has to fail with that exit code; each of `says` is in the message, which is one line."""
        result = self.run_strata(*arguments, stdin=stdin)
        self.assertEqual(result.returncode, code, (arguments, result.stdout, result.stderr))
        self.assertTrue(result.stderr.startswith("strata: "), result.stderr)
        for text in [says] if isinstance(says, str) else says:
            self.assertIn(text, result.stderr)
        return result

    def on_terminal(self, *arguments, environment=None):
        """Runs with a terminal of 80 by 24 for all three streams; returns the exit code and what it showed."""
        import fcntl
        import struct
        import termios
        master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
        env = dict(os.environ, LC_ALL="C.UTF-8", TERM="xterm-256color")
        env.pop("NO_COLOR", None)
        env.update(environment or {})
        process = subprocess.Popen([STRATA, *arguments], stdin=slave, stdout=slave, stderr=slave,
                                   cwd=self.folder, env=env)
        os.close(slave)
        shown = b""
        while True:
            try:
                part = os.read(master, 65536)
            except OSError:  # the last one has closed the terminal
                break
            if not part:
                break
            shown += part
        os.close(master)
        return process.wait(timeout=300), shown.decode("utf-8")

    def netcdf(self, name, cdl, kind="nc4"):
        """Makes a NetCDF file out of CDL without its outer braces."""
        source = self.path(name + ".cdl")
        with open(source, "w", encoding="utf-8") as file:
            file.write("netcdf x {\n" + cdl + "\n}\n")
        subprocess.run([NCGEN, "-k", kind, "-o", self.path(name), source], check=True, cwd=self.folder)
        return name

    def winds(self, months=4):
        """A small file with a time axis, a map for each time and one missing cell in each."""
        rows, columns = 3, 4
        wind = []
        for month in range(months):
            cells = [str(100 * month + i) for i in range(rows * columns)]
            cells[5] = "-99"
            wind += cells
        return self.netcdf("winds.nc", """
dimensions: TIME = UNLIMITED ; lat = 3 ; lon = 4 ;
variables:
  double TIME(TIME) ; TIME:units = "hours since 1982-01-01 00:00:00" ;
  float lat(lat) ; lat:units = "degrees_north" ;
  float lon(lon) ; lon:units = "degrees_east" ;
  float U(TIME, lat, lon) ; U:_FillValue = -99.f ; U:units = "m/s" ;
  :history = "made up" ;
data:
  TIME = %s ;
  lat = -10, 0, 10 ;
  lon = 0, 90, 180, 270 ;
  U = %s ;""" % (", ".join(str(i * 730.5 + 12) for i in range(months)), ", ".join(wind)))


def main():
    unittest.main(argv=sys.argv[:1], verbosity=2)
