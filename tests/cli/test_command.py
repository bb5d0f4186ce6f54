"""What the command does besides importing and exporting: get, set-attr, rm, info, pictures in files, completion, its manual."""

import json
import os
import shutil
import struct
import subprocess

import support


class Command(support.Case):
    def setUp(self):
        super().setUp()
        self.winds()
        self.strata("import", "store", "winds.nc")

    # ---- get ----

    def test_get_prints_rows(self):
        self.assertEqual(self.strata("get", "store", "winds", "U", "1,:,:"),
                         "100, 101, 102, 103\n104, _, 106, 107\n108, 109, 110, 111\n")
        self.assertEqual(self.strata("get", "store", "winds", "U", ":2,0,:2"), "0, 1\n100, 101\n")
        self.assertEqual(self.strata("get", "store", "winds", "U", "0,0,0"), "0\n")
        self.assertEqual(self.strata("get", "store", "winds", "lat"), "-10\n0\n10\n")
        self.assertEqual(self.strata("get", "store", "winds", "U", "0:0"), "")
        self.assertEqual(self.strata("get", "store", "winds", "TIME", "0"), "1982-01-01T12:00:00Z\n")

    def test_what_get_prints_put_takes(self):
        printed = self.strata("get", "store", "winds", "U", "1,:,:")
        self.strata("put", "store", "winds", "U", "0,:,:", stdin=printed)
        self.assertEqual(self.strata("get", "store", "winds", "U", "0,:,:"), printed)

    def test_get_json(self):
        got = self.json("get", "store", "winds", "U", "0,:2,:2")
        self.assertEqual(got, {"array": "U", "type": "float32", "shape": [2, 2], "values": [[0, 1], [4, None]]})
        self.assertEqual(self.json("get", "store", "winds", "U", "0,0,1")["values"], 1)

    def test_get_into_files(self):
        self.assertEqual(self.strata("get", "store", "winds", "U", "0,:,1", "--out", "u.csv"), "wrote 3 elements to u.csv\n")
        with open(self.path("u.csv"), encoding="utf-8") as file:
            self.assertEqual(file.read(), "TIME,lat,lon,U\n1982-01-01T12:00:00Z,-10,90,1\n"
                                          "1982-01-01T12:00:00Z,0,90,\n1982-01-01T12:00:00Z,10,90,9\n")
        self.strata("get", "store", "winds", "U", "0,:,:", "--out", "u.npy")
        with open(self.path("u.npy"), "rb") as file:
            data = file.read()
        self.assertEqual(data[:6], b"\x93NUMPY")
        self.assertIn(b"'shape': (3,4,)", data[:128])
        self.assertEqual(struct.unpack("<12f", data[-48:])[6:8], (6.0, 7.0))
        self.strata("get", "store", "winds", "U", "2,1:,:", "--out", "u.nc")
        shown = subprocess.run(["ncdump", self.path("u.nc")], capture_output=True, text=True, check=True).stdout
        for line in ["TIME = 1 ;", "lat = 2 ;", "float U(TIME, lat, lon) ;", 'U:units = "m/s" ;', "lat = 0, 10 ;",
                     "lon = 0, 90, 180, 270 ;", "204, _, 206, 207,"]:
            self.assertIn(line, shown)
        self.fails(2, "get", "store", "winds", "U", "--out", "u.txt", says=".npy")
        self.fails(1, "get", "store", "winds", "U", "--out", "no/such/u.csv", says="u.csv")

    def test_get_unpacks(self):
        self.netcdf("packed.nc", """dimensions: n = 3 ; variables: short p(n) ; p:scale_factor = 0.5f ; p:add_offset = 10. ;
  p:_FillValue = -1s ; data: p = 2, _, 4 ;""")
        self.strata("import", "store", "packed.nc")
        self.assertEqual(self.strata("get", "store", "packed", "p"), "2\n_\n4\n")
        self.assertEqual(self.strata("get", "store", "packed", "p", "--unpack"), "11\n_\n12\n")
        self.assertEqual(self.json("get", "store", "packed", "p", "--unpack")["values"], [11, None, 12])
        self.assertEqual(self.json("plot", "store", "packed", "p")["values"], [11, None, 12])

    def test_get_texts_and_lists(self):
        self.netcdf("kinds.nc", """types: int(*) ints ; dimensions: n = 2 ; variables: string s(n) ; ints i(n) ;
data: s = "a, \\"b\\"", "日本" ; i = {1, 2}, {} ;""")
        self.strata("import", "store", "kinds.nc")
        self.assertEqual(self.strata("get", "store", "kinds", "s"), 'a, "b"\n日本\n')
        self.assertEqual(self.strata("get", "store", "kinds", "i"), "[1, 2]\n[]\n")
        self.assertEqual(self.json("get", "store", "kinds", "i")["values"], [[1, 2], []])
        self.strata("get", "store", "kinds", "s", "--out", "s.csv")
        with open(self.path("s.csv"), encoding="utf-8") as file:
            self.assertEqual(file.read(), 'n,s\n0,"a, ""b"""\n1,日本\n')
        self.fails(1, "get", "store", "kinds", "s", "--out", "s.npy", says=".csv")

    def test_get_of_an_array_file(self):
        self.assertEqual(self.strata("get", "store/lat/data.af", "winds"), "-10\n0\n10\n")
        self.fails(2, "get", "store/lat/data.af", "winds", "--out", "x.nc", says="dataset")

    def test_get_refuses(self):
        self.fails(2, "get", "store", "winds", says="STORE DATASET ARRAY")
        self.fails(1, "get", "store", "winds", "none", says=["none", "lat"])
        self.fails(1, "get", "store", "none", "U", says="strata ls")
        self.fails(1, "get", "store", "winds", "U", "9", says="9")
        code, shown = self.on_terminal("get", "store", "winds", "lat")
        self.assertEqual((code, shown), (0, "-10\r\n0\r\n10\r\n"))

    # ---- changes ----

    def test_set_attr(self):
        self.strata("set-attr", "store", "winds", "title", "Grüße")
        self.strata("set-attr", "store", "winds", "number", "-5")
        self.strata("set-attr", "store", "winds", "real", "2.5")
        self.strata("set-attr", "store", "winds", "flag", "true")
        self.strata("set-attr", "store", "winds", "text", "12", "--type", "text")
        self.strata("set-attr", "store", "winds", "when", "1982-01-01", "--type", "time")
        self.strata("set-attr", "store", "winds", "U.valid_range", "-5", "40.5")
        self.strata("set-attr", "store", "winds", "U.flags", "1", "2", "3")
        self.strata("set-attr", "store", "winds", "names", "a, b", "c")
        self.assertEqual(self.json("set-attr", "store", "winds", "floats", "1", "2", "--type", "float"),
                         {"dataset": "winds", "key": "floats", "value": "json:[1.0, 2.0]"})
        shown = self.json("show", "store", "winds")
        attributes = shown["attributes"]
        self.assertEqual([attributes[key] for key in ["title", "number", "real", "flag", "text", "when", "names"]],
                         ["Grüße", -5, 2.5, True, "12", "1982-01-01T00:00:00Z", 'json:["a, b", "c"]'])
        u = [array for array in shown["arrays"] if array["name"] == "U"][0]["attributes"]
        self.assertEqual((u["valid_range"], u["flags"]), ("json:[-5.0, 40.5]", "json:[1, 2, 3]"))
        self.strata("export", "store", "winds", "--out", "out.nc")
        dumped = subprocess.run(["ncdump", "-h", self.path("out.nc")], capture_output=True, text=True, check=True).stdout
        for line in ["U:valid_range = -5., 40.5 ;", "U:flags = 1, 2, 3 ;", ':title = "Grüße" ;', ":number = -5 ;"]:
            self.assertIn(line, dumped)
        self.strata("set-attr", "store", "winds", "title", "--delete")
        self.assertNotIn("title", self.json("show", "store", "winds")["attributes"])
        self.fails(1, "set-attr", "store", "winds", "title", "--delete", says="title")
        self.fails(2, "set-attr", "store", "winds", "n", "x", "--type", "int", says="x")
        self.fails(2, "set-attr", "store", "winds", "n", says="value")
        self.fails(1, "set-attr", "store", "none", "n", "1", says="none")

    def test_arguments_that_look_like_options(self):
        self.strata("import", "store", "winds.nc", "--prefix", "-5 ")
        self.assertEqual(self.strata("ls", "store", "--names"), "winds\n-5 winds\n")
        self.strata("set-attr", "store", "-5 winds", "-5x", "-5m")
        self.strata("set-attr", "store", "-5 winds", "list", "-5m", "-.5", " -5", "--type", "text")
        attributes = self.json("show", "store", "-5 winds")["attributes"]
        self.assertEqual((attributes["-5x"], attributes["list"]), ("-5m", 'json:["-5m", "-.5", " -5"]'))
        self.strata("set-attr", "store", "-5 winds", "-5x", "--delete")
        self.strata("put", "store", "-5 winds", "lat", "-1", "-7")
        self.assertEqual(self.strata("get", "store", "-5 winds", "lat", "-2:"), "0\n-7\n")
        self.assertNotIn("\\x", self.fails(2, "info", "store", "-5", says="-5").stderr)

    def test_rm(self):
        self.strata("import", "store", "winds.nc", "--prefix", "second-")
        self.fails(2, "rm", "store", "winds", says="--yes")
        self.fails(1, "rm", "store", "winds", "none", "--yes", says="none")
        self.assertEqual(self.strata("ls", "store", "--names").split(), ["winds", "second-winds"])
        self.strata("rm", "store", "winds", "second-winds", "--array", "lon", "--yes")
        self.assertEqual(self.strata("ls", "store", "--arrays").split(), ["TIME", "lat", "U"])
        self.assertEqual(self.json("rm", "store", "winds", "--yes"), {"deleted": ["winds"]})
        self.assertEqual(self.strata("ls", "store", "--names").split(), ["second-winds"])
        self.fails(2, "rm", "store/U/data.af", "second-winds", "--array", "U", "--yes", says="--array")
        shutil.copy(self.path("store/lat/data.af"), self.path("alone.af"))
        self.strata("set-attr", "alone.af", "winds", "units", "m")
        self.assertEqual(self.json("show", "alone.af", "winds")["arrays"][0]["attributes"], {"units": "m"})
        self.strata("rm", "alone.af", "winds", "--yes")
        self.assertEqual(self.strata("ls", "alone.af", "--names"), "")

    # ---- looking ----

    def test_info(self):
        shown = self.strata("info", "store")
        for words in ["a store of 1 dataset", "newest commit: 1", "U", "float32"]:
            self.assertIn(words, shown)
        info = self.json("info", "store")
        self.assertEqual((info["kind"], info["datasets"], info["newest_commit"]["seq"]), ("store", 1, 1))
        self.assertEqual(info["arrays"][-1], {"name": "U", "type": "float32", "datasets": 1})
        self.assertEqual(self.json("info", "store/lat/data.af")["arrays"], [{"name": "winds", "type": "float32 (3)"}])
        self.fails(1, "info", "none", says="none")

    def test_pictures_in_files(self):
        def size(name):
            with open(self.path(name), "rb") as file:
                head = file.read(24)
            self.assertEqual(head[:8], b"\x89PNG\r\n\x1a\n")
            return struct.unpack(">II", head[16:])

        self.assertEqual(self.strata("plot", "store", "winds", "U", "0,:,:", "--png", "map.png"), "wrote map.png\n")
        self.assertEqual(size("map.png"), (960, 600))
        self.strata("plot", "store", "winds", "U", ":,0,0", "--png", "curve.png", "--width", "300", "--height", "200")
        self.assertEqual(size("curve.png"), (300, 200))
        self.strata("plot", "store", "--stack", "U", "--png", "stack.png")
        self.assertEqual(size("stack.png"), (960, 600))
        self.assertEqual(self.json("plot", "store", "winds", "U", "0,:,:")["values"][2], [0, 1, 2, 3])  # north is up
        self.fails(1, "plot", "store", "winds", "U", "0,:,:", "--png", "no/such/map.png", says="map.png")
        self.fails(1, "plot", "store", "winds", "U", "0,:,:", "--png", "x.png", "--width", "40", says="--width")
        self.fails(2, "plot", "store", "winds", "U", "0,:,:", "--png", "x.png", "--width", "99999", says="32767")

    # ---- the command of itself ----

    def verbs(self):
        lines = self.strata("--help").splitlines()
        start = next(i for i, line in enumerate(lines) if line.startswith("Verbs"))
        return [line.split()[0] for line in lines[start + 1:] if line.startswith("  ") and line[2] != " "]

    def test_every_verb_has_help_examples_and_json(self):
        verbs = self.verbs()
        self.assertGreater(len(verbs), 15, verbs)
        for verb in verbs:
            shown = self.strata(verb, "--help")
            self.assertIn("Example", shown, verb)
            self.assertIn("--json", shown, verb)

    def test_completion(self):
        for shell in ["bash", "zsh", "fish"]:
            script = self.strata("completion", shell)
            for verb in self.verbs():
                self.assertIn(verb, script)
        self.fails(2, "completion", "csh", says="csh")

        def completed(*words):
            program = 'source <(strata completion bash); COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _strata; printf "%s\\n" "${COMPREPLY[@]}"'
            result = subprocess.run(["bash", "-c", program, "bash", *words], capture_output=True, text=True, cwd=self.folder,
                                    env=dict(os.environ, PATH=os.path.dirname(support.STRATA) + ":" + os.environ["PATH"]))
            self.assertEqual(result.stderr, "")
            return result.stdout.split("\n")[:-1]

        self.assertEqual(completed("strata", "expo"), ["export"])
        self.assertIn("--split", completed("strata", "import", "--"))
        self.assertEqual(completed("strata", "get", "sto"), ["store"])
        self.assertEqual(completed("strata", "get", "store", ""), ["winds"])
        self.assertEqual(completed("strata", "get", "store", "winds", "l"), ["lat", "lon"])

    def test_manual(self):
        page = self.strata("man")
        self.assertEqual(self.json("man")["page"], page)
        self.assertEqual(self.json("completion", "zsh")["script"], self.strata("completion", "zsh"))
        for verb in self.verbs():
            self.assertIn("strata " + verb.replace("-", "\\-"), page)
        for heading in ["NAME", "SYNOPSIS", "EXIT STATUS", "ENVIRONMENT"]:
            self.assertIn(".SH " + heading, page)

    def test_json_of_what_changes(self):
        with open(self.path("not.nc"), "w", encoding="utf-8") as file:
            file.write("no")
        result = self.run_strata("import", "store", "not.nc", "winds.nc", "--prefix", "x-", "--json")
        said = json.loads(result.stdout)
        self.assertEqual((result.returncode, said["datasets"], said["arrays"]), (1, ["x-winds"], 4))
        self.assertEqual([skipped["file"] for skipped in said["skipped"]], ["not.nc"])
        self.assertEqual(self.json("export", "store", "winds", "--out", "w.nc"), [{"dataset": "winds", "file": "w.nc"}])
        self.assertEqual(self.json("put", "store", "winds", "lat", "1:", "7"), {"array": "lat", "start": [1], "count": [2]})
        self.assertGreater(self.json("compact", "store")["bytes"], 0)

    def test_export_refuses(self):
        self.fails(2, "export", "store", says="--all")
        self.fails(2, "export", "store", "winds", "--all", says="--all")
        self.fails(1, "export", "store", "none", says="strata ls")
        self.strata("export", "store", "winds", "--out", "w.nc")
        self.fails(1, "export", "store", "winds", "--out", "w.nc", says="--overwrite")
        self.fails(1, "export", "store", "winds", "--out", "no/w.nc", says="w.nc")
        self.assertEqual(sorted(os.listdir(self.folder)), ["store", "w.nc", "winds.nc", "winds.nc.cdl"])
        self.fails(2, "export", "store/lat/data.af", "winds", says="store")
        result = self.run_strata("export", "store", "none", "winds", "--out", "folder", "--on-error", "skip")
        self.assertEqual(result.returncode, 1)
        self.assertEqual(os.listdir(self.path("folder")), ["winds.nc"])

    def test_export_formats(self):
        for name, kind in [("classic", "classic"), ("64bit-offset", "64-bit offset"), ("cdf5", "cdf5"), ("netcdf4", "netCDF-4"),
                           ("netcdf4-classic", "netCDF-4 classic model")]:
            self.strata("export", "store", "winds", "--out", "f.nc", "--format", name, "--overwrite")
            found = subprocess.run(["ncdump", "-k", self.path("f.nc")], capture_output=True, text=True, check=True).stdout
            self.assertEqual(found.strip(), kind)
        self.netcdf("kinds.nc", "variables: string s ; data: s = \"x\" ;")
        self.strata("import", "store", "kinds.nc")
        self.fails(1, "export", "store", "kinds", "--out", "k.nc", "--format", "classic", says="netcdf4")

    def test_export_of_what_was_changed(self):
        self.netcdf("chars.nc", """dimensions: t = UNLIMITED ; n = 2 ; len = 3 ; variables: char c(n, len) ; int v(t, n) ; int w(n) ;
  int t(t) ; t:units = "days since 2000-01-01" ; data: c = "ab", "cde" ; v = 1, 2, 3, 4 ; w = 5, 6 ; t = 1, 2 ;""")
        self.strata("import", "store", "chars.nc")
        self.strata("put", "store", "chars", "c", "0", "longer than before")
        self.strata("put", "store", "chars", "t", "0", "2000-01-02T12:00:00Z")
        self.strata("put", "store", "chars", "v", "1,1", "9")
        self.fails(1, "export", "store", "chars", says="chars.nc is there already")
        self.strata("export", "store", "chars", "--out", "after.nc")
        shown = subprocess.run(["ncdump", self.path("after.nc")], capture_output=True, text=True, check=True).stdout
        for line in ["len = 18 ;", "t = UNLIMITED", '"longer than before"', "double t(t) ;", "t = 1.5, 2 ;", "3, 9 ;"]:
            self.assertIn(line, shown)


support.main()
