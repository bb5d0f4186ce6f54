"""The other verbs: what they print, what they refuse, and how they end."""

import json
import os
import shutil
import struct
import subprocess

import support


class Verbs(support.Case):
    def setUp(self):
        super().setUp()
        self.winds()
        self.strata("import", "winds", "winds.nc", "--split", "TIME")

    def array_file(self):
        return os.path.join("winds", "U", "data.af")

    # ---- ls, show, stats ----

    def test_ls_store(self):
        lines = self.strata("ls", "winds", "1982-0").splitlines()
        self.assertEqual(lines[0].split(), ["dataset", "arrays", "names"])
        self.assertEqual(len(lines), 5)
        self.assertEqual(lines[1].split(), ["1982-01-01", "4", "TIME", "lat", "lon", "U"])
        self.assertEqual(self.strata("ls", "winds", "1982-01", "--names"), "1982-01-01\n1982-01-31\n")
        self.assertEqual(self.json("ls", "winds", "1983"), [])
        self.assertEqual(self.json("ls", "winds")[0]["arrays"], ["TIME", "lat", "lon", "U"])

    def test_ls_and_show_array_file(self):
        rows = self.json("ls", self.array_file())
        self.assertEqual(len(rows), 4)
        self.assertEqual((rows[0]["type"], rows[0]["shape"]), ("float32", [3, 4]))
        self.assertIn("float32", self.strata("ls", self.array_file()))
        name = rows[1]["name"]
        shown = self.strata("show", self.array_file(), name)
        self.assertIn("(lat, lon) ;", shown)
        self.fails(1, "show", self.array_file(), "nothing", says=['"nothing"', name])

    def test_show_ambiguous_attributes(self):
        shutil.copytree(os.path.join(os.path.dirname(__file__), "..", "data", "fixtures", "quirk_attributes"), self.path("quirk"))
        base = os.path.join("quirk", "data.af")
        a = self.json("show", base)["arrays"][0]
        self.assertEqual(sorted(a["ambiguous"]), ["long_name", "scale", "units"])
        self.assertIn('a:units = "air temperature" ;  // ambiguous\n', self.strata("show", base))
        self.strata("compact", base)
        self.assertNotIn("ambiguous", self.json("show", base)["arrays"][0])
        self.assertIn('a:units = "air temperature" ;\n', self.strata("show", base))

    def test_lists(self):
        shutil.copytree(os.path.join(os.path.dirname(__file__), "..", "data", "fixtures", "list_dtypes"), self.path("lists"))
        base = os.path.join("lists", "data.af")
        types = ["list<int32>", "fixed_size_list<float64>[3]", "list<fixed_size_list<uint8>[4]>",
                 "fixed_size_list<list<list<string>>>[2]"]
        for verb in ("ls", "show"):
            listed = self.json(verb, base)
            self.assertEqual([a["type"] for a in (listed if verb == "ls" else listed["arrays"])], types)
            for name in types:
                self.assertIn(name, self.strata(verb, base))
        name = self.json("ls", base)[1]["name"]
        self.fails(1, "put", base, name, "0,0", "1", says="cannot be written from text")
        self.fails(1, "plot", base, name, says="fixed_size_list<float64>[3]; only numbers")

    def test_show_dataset(self):
        shown = self.strata("show", "winds", "1982-01-01")
        for line in ["dimensions:\n", "\tlat = 3 ;\n", "\tfloat32 U(lat, lon) ;\n", "\t\tU:_FillValue = -99 ;\n",
                     '\t\tU:units = "m/s" ;\n', "\ttimestamp_ns TIME ;\n", '\t\t:history = "made up" ;\n']:
            self.assertIn(line, shown)
        self.fails(2, "show", "winds", says="which dataset")
        self.fails(1, "show", "winds", "1999", says=["1999", "strata ls winds"])

    def test_stats(self):
        rows = {row["array"]: row for row in self.json("stats", "winds")}
        self.assertEqual((rows["U"]["datasets"], rows["U"]["elements"], rows["U"]["nulls"], rows["U"]["min"],
                          rows["U"]["max"]), (4, 48, 4, 0, 311))
        self.assertEqual(rows["TIME"]["max"], "1982-04-02T19:30:00Z")
        self.assertIn("311", self.strata("stats", "winds"))
        self.assertEqual(len(self.json("stats", self.array_file())), 4)

    # ---- stack ----

    def test_stack(self):
        stack = self.json("stack", "winds", "U")
        self.assertEqual([row["mean"] for row in stack["rows"]], [61 / 11 + 100 * i for i in range(4)])
        self.assertEqual((stack["overall"]["count"], stack["overall"]["nulls"]), (44, 4))
        self.assertAlmostEqual(stack["overall"]["mean"], 61 / 11 + 150)
        lines = self.strata("stack", "winds", "U").splitlines()
        self.assertEqual(len(lines), 6)
        self.assertTrue(lines[-1].startswith("(all 4)"))

    def test_stack_region_and_npy(self):
        self.strata("stack", "winds", "U", "--region", "1:,-1", "--prefix", "1982-0", "--out", "u.npy")
        with open(self.path("u.npy"), "rb") as file:
            data = file.read()
        self.assertEqual(data[:8], b"\x93NUMPY\1\0")
        size = struct.unpack("<H", data[8:10])[0]
        self.assertEqual((10 + size) % 64, 0)
        header = eval(data[10:10 + size])
        self.assertEqual((header["descr"], header["shape"]), ("<f4", (4, 2)))
        self.assertEqual(struct.unpack("<8f", data[10 + size:]), (7, 11, 107, 111, 207, 211, 307, 311))

    def test_stack_of_different_shapes(self):
        self.winds(months=2)
        self.strata("import", "winds", "winds.nc", "--prefix", "all-")  # U has three axes here
        self.fails(1, "stack", "winds", "U", "--out", "u.npy", says=["all-winds", "--prefix"])
        self.assertEqual(self.json("stack", "winds", "U")["overall"]["count"], 66)

    def test_stack_of_times(self):
        rows = self.json("stack", "winds", "TIME")["rows"]
        self.assertEqual(rows[0]["min"], "1982-01-01T12:00:00Z")

    def test_stack_refuses(self):
        self.fails(1, "stack", "winds", "V", says=['"V"', "strata stats winds"])
        self.fails(2, "stack", "winds", "U", "--out", "u.txt", says=[".npy", ".csv"])
        self.fails(2, "stack", self.array_file(), "U", says="array file")
        self.fails(1, "stack", "winds", "U", "--region", "0:4,:", says="(3, 4)")
        for region in ["a", "0:1:2", "1,2,3", "...,...", "0:x"]:
            self.fails(2, "stack", "winds", "U", "--region", region, says="region")

    # ---- plot ----

    def test_plot_map_is_plain_in_a_pipe(self):
        picture = self.strata("plot", "winds", "1982-01-01", "U")
        self.assertTrue(picture.isascii())
        lines = picture.splitlines()
        self.assertIn("U (m/s)", lines[0])
        self.assertTrue(lines[1].startswith(" 10 "))  # north is up
        self.assertIn("lon (degrees_east)", picture)
        self.assertIn("270", picture)

    def test_plot_curve(self):
        self.assertIn("*", self.strata("plot", "winds", "1982-01-01", "U", "0,:"))
        picture = self.strata("plot", "winds", "--stack", "U")
        self.assertIn("1982-01-01", picture)
        self.assertIn("1982-04-02", picture)
        self.assertIn("305.5", picture)

    def test_plot_sizes(self):
        for width in ["5", "12", "20", "200"]:
            for arguments in [("1982-01-01", "U"), ("1982-01-01", "U", "0,:"), ("--stack", "U")]:
                picture = self.strata("plot", "winds", *arguments, "--width", width, "--height", "10")
                if int(width) >= 20:
                    self.assertLessEqual(max(map(len, picture.splitlines())), max(int(width), 30), picture)

    def test_plot_in_colour_on_a_terminal(self):
        code, shown = self.on_terminal("plot", "winds", "1982-01-01", "U")
        self.assertEqual(code, 0, shown)
        self.assertIn("\x1b[38;5;", shown)
        self.assertIn("▀", shown)
        for options in [{"environment": {"NO_COLOR": "1"}}, {"environment": {"TERM": "dumb"}}]:
            code, shown = self.on_terminal("plot", "winds", "1982-01-01", "U", **options)
            self.assertEqual(code, 0)
            self.assertNotIn("\x1b[38", shown)
        code, shown = self.on_terminal("plot", "winds", "1982-01-01", "U", "--no-color")
        self.assertNotIn("\x1b[38", shown)
        code, shown = self.on_terminal("plot", "winds", "--stack", "U", environment={"LC_ALL": "C"})
        self.assertNotIn("⠀", shown)

    def test_plot_refuses(self):
        self.strata("import", "whole", "winds.nc")
        self.fails(2, "plot", "whole", "winds", "U", says=["3 axes", "0,:,:"])
        self.fails(2, "plot", "winds", "1982-01-01", says="ARRAY")
        self.fails(2, "plot", "winds", "x", "--stack", "U", says="--region")
        self.fails(1, "plot", "winds", "1982-01-01", "U", "0:0,:", says="empty")

    # ---- put, compact ----

    def test_put_then_compact(self):
        self.strata("put", "winds", "1982-01-01", "U", "0,:", "5")
        row = self.json("stack", "winds", "U", "--region", "0,:")["rows"][0]
        self.assertEqual((row["min"], row["max"], row["count"]), (5, 5, 4))
        self.strata("put", "winds", "1982-01-01", "U", "1:3,0:2", "--from", "-", stdin="-1, 2.5\n_ 4")
        before = self.json("stack", "winds", "U")
        self.strata("compact", "winds")
        self.assertEqual(self.json("stack", "winds", "U"), before)
        self.strata("stack", "winds", "U", "--prefix", "1982-01-01", "--out", "u.csv")
        with open(self.path("u.csv"), encoding="utf-8") as file:
            self.assertEqual(file.read(), "1982-01-01,5,5,5,5,-1,2.5,6,7,-99,4,10,11\n")
        self.assertEqual({r["array"]: r for r in self.json("stats", "winds", "1982-01-01")}["U"]["min"], -1)

    def test_dry_compaction_writes_nothing(self):
        def bytes_below(path):
            names = [path] if os.path.isfile(path) else [os.path.join(d, f) for d, _, fs in os.walk(path) for f in fs]
            return {name: open(name, "rb").read() for name in names}

        self.strata("put", "winds", "1982-01-01", "U", "0,:", "5")
        before = bytes_below(self.path("winds"))
        for folder, _, _ in os.walk(self.path("winds")):
            os.chmod(folder, 0o555)
        plans = {plan["variable"]: plan for plan in self.json("compact", "winds", "--dry-run")}
        text = self.strata("compact", "winds", "--dry-run")
        for folder, _, _ in os.walk(self.path("winds")):
            os.chmod(folder, 0o755)
        self.assertEqual(bytes_below(self.path("winds")), before)
        self.assertEqual((plans["U"]["layers"], plans["U"]["merges"]), (2, True))
        self.assertGreater(plans["U"]["dead_bytes"], 0)
        self.assertEqual((plans["TIME"]["layers"], plans["TIME"]["merges"]), (1, False))
        lines = {line.split()[0]: line.split()[-1] for line in text.splitlines()}
        self.assertEqual((lines["U"], lines["TIME"]), ("merge", "keep"))
        self.strata("compact", "winds")
        self.assertFalse(any(plan["merges"] for plan in self.json("compact", "winds", "--dry-run")))
        self.assertGreater(self.json("compact", "winds")["bytes"], 0)

    # ---- log ----

    def test_logs(self):
        self.strata("put", "winds", "1982-01-01", "U", "0,:", "5")
        log = self.json("log", "winds")
        self.assertEqual([commit["kind"] for commit in log[:1]], ["data"])
        self.strata("compact", "winds")
        self.assertIn("compact", self.strata("log", "winds"))
        self.assertEqual(len(self.json("log", "winds", "-n", "1")), 1)
        name = self.array_file()
        layers = self.json("log", name)
        self.assertEqual([layer["layer"] for layer in layers], list(range(len(layers) - 1, -1, -1)))
        self.assertTrue(all(layer["bytes"] > 0 for layer in layers))
        self.assertIn("data", self.strata("log", name))
        plan = self.json("compact", name, "--dry-run")
        self.assertEqual([p["file"] for p in plan], [name])

    def test_put_negative_numbers_are_no_options(self):
        self.strata("put", "winds", "1982-01-01", "U", "-1,-1", "-7.5")
        row = self.json("stack", "winds", "U", "--region", "-1,-1")["rows"][0]
        self.assertEqual(row["min"], -7.5)

    def test_put_times_and_texts(self):
        self.strata("put", "winds", "1982-01-01", "TIME", "...", "1999-12-31T23:59:59.5Z")
        rows = {row["array"]: row for row in self.json("stats", "winds", "1982-01-01")}
        self.assertEqual(rows["TIME"]["min"], "1999-12-31T23:59:59.5Z")
        self.netcdf("text.nc", 'dimensions: n = 2 ; variables: string s(n) ; data: s = "a", "b" ;')
        self.strata("import", "texts", "text.nc")
        with open(self.path("lines"), "w", encoding="utf-8") as file:
            file.write("first, with a comma\nzweite ü\n")
        self.strata("put", "texts", "text", "s", ":", "--from", "lines")
        self.strata("stack", "texts", "s", "--out", "s.csv")
        with open(self.path("s.csv"), encoding="utf-8") as file:
            self.assertEqual(file.read(), 'text,"first, with a comma",zweite ü\n')

    def test_put_into_array_file(self):
        self.netcdf("lone.nc", "dimensions: n = 3 ; variables: byte v(n) ; data: v = 1, 2, 3 ;")
        self.strata("import", "lone", "lone.nc")
        for value in ["128", "1.5", "x", "_"]:
            self.fails(2, "put", "lone", "lone", "v", ":", value, says='"%s"' % value)
        self.fails(2, "put", "lone", "lone", "v", "0:2", "--from", "-", stdin="1 2 3", says=["2 elements", "3 values"])
        self.fails(1, "put", "lone", "lone", "v", "3", "1", says="(3)")
        self.fails(1, "put", "lone", "lone", "w", "3", "1", says=['"w"', "v"])
        self.fails(2, "put", "lone", "lone", "v", says="REGION")
        self.fails(1, "put", "lone", "lone", "v", ":", "--from", "nowhere", says="nowhere")
        self.assertEqual(self.json("stack", "lone", "v")["overall"]["max"], 3)

    # ---- all of them ----

    def test_version(self):
        version = self.json("version")
        self.assertIn("zstd", version["features"])
        self.assertIn("strata " + version["version"], self.strata("version"))

    def test_help_has_examples(self):
        self.assertIn("Verbs", self.strata("--help"))
        for verb in ["import", "ls", "show", "stats", "stack", "plot", "put", "compact", "check", "repair", "salvage", "version"]:
            shown = self.strata(verb, "--help")
            self.assertIn("strata " + verb, shown.split("Examples:")[1])

    def test_wrong_usage(self):
        for arguments in [(), ("frobnicate",), ("ls",), ("ls", "winds", "--nope"), ("--nope",), ("import", "winds"),
                          ("stack", "winds"), ("compact",), ("check",), ("salvage", "winds"), ("ls", "winds", "a", "b")]:
            result = self.run_strata(*arguments)
            self.assertEqual(result.returncode, 2, arguments)
            self.assertIn("--help", result.stderr)
            self.assertEqual(result.stdout, "")
        self.fails(2, "frobnicate", says='"frobnicate"')

    def test_missing_targets(self):
        for verb in [("ls",), ("show",), ("stats",), ("compact",)]:
            extra = ("x",) if verb == ("show",) else ()
            self.fails(1, *verb, "nowhere", *extra, says=["nowhere", "strata import"])
            self.fails(1, *verb, "nowhere.af", *extra, says=["nowhere.af", "check the path"])
        os.mkdir(self.path("empty"))
        self.fails(1, "ls", "empty", says="strata import")

    def test_damaged_target(self):
        with open(self.path(os.path.join("winds", "atlas.json")), "w", encoding="utf-8") as file:
            file.write("{")
        self.fails(1, "ls", "winds")
        with open(self.path("bad.af"), "wb") as file:
            file.write(b"\0" * 100)
        self.fails(1, "ls", "bad.af", says="bad.af")

    # ---- check, repair, salvage ----

    def test_whole_targets_have_no_defect(self):
        self.assertIn("winds: no defect", self.strata("check", "winds"))
        report = self.json("check", "winds")
        self.assertEqual((report["defects"], report["findings"]), (0, []))
        self.assertGreater(report["bytes"], 0)
        self.assertEqual(self.json("check", "winds", "--structure")["bytes"], 0)
        self.fails(1, "check", "nowhere")

    def test_repair_wants_consent(self):
        self.assertIn("no defect", self.strata("repair", "winds"))
        registry = self.path("winds/atlas.json")
        with open(registry, "r+b") as file:
            file.truncate(100)
        report = json.loads(self.damaged("check", "winds", "--json"))
        self.assertEqual((report["defects"], report["findings"][0]["kind"]), (1, "object"))
        self.assertIn("--yes", self.damaged("repair", "winds"))
        self.assertEqual(os.path.getsize(registry), 100)
        saved = json.loads(self.strata("salvage", "winds", "saved", "--json"))
        self.assertEqual((saved["defects"], [f["severity"] for f in saved["findings"]]), (0, ["note"]))
        kinds = [f["kind"] for f in self.json("repair", "winds", "--yes")["findings"]]
        self.assertEqual(kinds, ["object", "dropped", "restored"])
        for store in ("winds", "saved"):
            self.assertIn("no defect", self.strata("check", store))
            self.assertEqual(self.strata("stack", store, "U", "--json"), self.strata("stack", "winds", "U", "--json"))

    def damaged(self, *arguments):
        """Runs what ends with the exit code of damage; returns stdout."""
        result = self.run_strata(*arguments)
        self.assertEqual((result.returncode, result.stderr), (3, ""), result.stdout)
        return result.stdout

    def test_closed_pipe_is_quiet(self):
        shell = subprocess.run(["bash", "-c", 'set -o pipefail; "$1" stack winds U | true', "-", support.STRATA],
                               cwd=self.folder, capture_output=True, text=True)
        self.assertEqual((shell.returncode, shell.stderr), (0, ""))

    def test_full_disk_is_told(self):
        with open("/dev/full", "w", encoding="utf-8") as full:
            result = subprocess.run([support.STRATA, "ls", "winds"], cwd=self.folder, stdout=full,
                                    stderr=subprocess.PIPE, text=True)
        self.assertEqual(result.returncode, 1)
        self.assertIn("No space left", result.stderr)

    def test_control_characters_do_not_reach_the_terminal(self):
        self.netcdf("evil.nc", 'dimensions: n = 1 ; variables: int v(n) ; :note = "a\\033[31mb\\nc" ; data: v = 1 ;')
        self.strata("import", "evil", "evil.nc")
        self.assertIn(r'"a\x1b[31mb\nc"', self.strata("show", "evil", "evil"))
        self.assertEqual(json.loads(self.strata("show", "evil", "evil", "--json"))["attributes"]["note"],
                         "a\x1b[31mb\nc")

    def test_narrow_terminal(self):
        code, shown = self.on_terminal("ls", "winds", environment={"NO_COLOR": "1"})
        self.assertEqual(code, 0)
        self.assertLessEqual(max(len(line) for line in shown.splitlines()), 80)


support.main()
