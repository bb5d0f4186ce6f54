"""strata import: what becomes of NetCDF's types, attributes, times and names."""

import support


class Import(support.Case):
    def arrays(self, store, dataset):
        return {array["name"]: array for array in self.json("show", store, dataset)["arrays"]}

    def test_every_type_keeps_its_name_and_values(self):
        names = {"byte": "int8", "ubyte": "uint8", "short": "int16", "ushort": "uint16", "int": "int32",
                 "uint": "uint32", "int64": "int64", "uint64": "uint64", "float": "float32", "double": "float64"}
        variables = "".join("%s v_%s(n) ;\n" % (name, name) for name in names)
        data = "".join("v_%s = 1, 2, 100 ;\n" % name for name in names)
        self.netcdf("types.nc", "dimensions: n = 3 ;\nvariables:\n" + variables + "data:\n" + data)
        self.strata("import", "store", "types.nc")
        arrays = self.arrays("store", "types")
        self.assertEqual({name: array["type"] for name, array in arrays.items()},
                         {"v_" + name: type for name, type in names.items()})
        for row in self.json("stats", "store", "types"):
            self.assertEqual((row["elements"], row["nulls"], row["min"], row["max"]), (3, 0, 1, 100), row)

    def test_extremes_of_64_bits(self):
        self.netcdf("big.nc", """dimensions: n = 2 ; variables: int64 i(n) ; uint64 u(n) ;
data: i = -9223372036854775807, 9223372036854775807 ; u = 0, 18446744073709551615 ;""")
        self.strata("import", "store", "big.nc")
        rows = {row["array"]: row for row in self.json("stats", "store", "big")}
        self.assertEqual((rows["i"]["min"], rows["i"]["max"]), (-9223372036854775807, 9223372036854775807))
        self.assertEqual((rows["u"]["min"], rows["u"]["max"]), (0, 18446744073709551615))

    def test_scalar_is_0d(self):
        self.netcdf("scalar.nc", "variables: double s ; data: s = 2.5 ;")
        self.strata("import", "store", "scalar.nc")
        self.assertEqual(self.arrays("store", "scalar")["s"]["shape"], [])
        self.assertIn("2.5", self.strata("plot", "store", "scalar", "s"))

    def test_fill_value_counts_as_null(self):
        self.netcdf("fill.nc", """dimensions: n = 4 ; variables: short s(n) ; s:_FillValue = -1s ;
  float f(n) ; f:_FillValue = -99.9f ; data: s = 1, -1, 3, -1 ; f = 1, 2, -99.9, 4 ;""")
        self.strata("import", "store", "fill.nc")
        rows = {row["array"]: row for row in self.json("stats", "store", "fill")}
        self.assertEqual((rows["s"]["nulls"], rows["s"]["min"], rows["s"]["max"]), (2, 1, 3))
        self.assertEqual((rows["f"]["nulls"], rows["f"]["min"], rows["f"]["max"]), (1, 1, 4))
        shown = self.strata("show", "store", "fill")
        self.assertIn("f:_FillValue = -99.9 ;", shown)
        self.assertNotIn("f._FillValue", str(self.json("show", "store", "fill")["attributes"]))

    def test_characters_become_strings(self):
        self.netcdf("text.nc", """dimensions: n = 2 ; len = 6 ;
variables: char c(n, len) ; char one(len) ; string s(n) ;
data: c = "ab", "cdefgh" ; one = "alone" ; s = "Zürich", "" ;""")
        self.strata("import", "store", "text.nc")
        arrays = self.arrays("store", "text")
        c = arrays["c"]
        self.assertEqual((c["type"], c["shape"], c["dimensions"]), ("string", [2], ["n"]))
        self.assertEqual(arrays["one"]["shape"], [])
        self.strata("stack", "store", "c", "--out", "c.csv")
        self.strata("stack", "store", "s", "--out", "s.csv")
        with open(self.path("c.csv"), encoding="utf-8") as file:
            self.assertEqual(file.read(), "text,ab,cdefgh\n")
        with open(self.path("s.csv"), encoding="utf-8") as file:
            self.assertEqual(file.read(), "text,Zürich,\n")

    def test_attributes_of_file_and_variables(self):
        self.netcdf("att.nc", """dimensions: n = 1 ;
variables: int v(n) ; v:units = "K" ; v:offset = 3s ; v:scale = 0.5 ;
  v:valid_range = 0, 100 ; string v:names = "a", "b" ; :title = "Grüße" ; :version = 2 ; data: v = 1 ;""")
        self.strata("import", "store", "att.nc")
        shown = self.json("show", "store", "att")
        attributes = shown["arrays"][0]["attributes"]
        self.assertEqual((attributes["units"], attributes["offset"], attributes["scale"]), ("K", 3, 0.5))
        # Lists as the original's Python package writes them.
        self.assertEqual(attributes["valid_range"], "json:[0, 100]")
        self.assertEqual(attributes["names"], 'json:["a", "b"]')
        self.assertEqual(shown["attributes"]["_pyatlas_coords"], "[]")
        self.assertEqual((shown["attributes"]["title"], shown["attributes"]["version"]), ("Grüße", 2))
        self.assertIn('\t\tv:units = "K" ;', self.strata("show", "store", "att"))

    def test_times_become_timestamps_where_nothing_is_lost(self):
        self.netcdf("time.nc", """dimensions: n = 2 ; variables:
  double hours(n) ; hours:units = "hours since 1982-01-01" ;
  int days(n) ; days:units = "days since 1970-01-01" ; days:_FillValue = -1 ;
  double year0(n) ; year0:units = "hours since 0000-01-01" ;
  double noleap(n) ; noleap:units = "days since 2000-01-01" ; noleap:calendar = "noleap" ;
  double months(n) ; months:units = "months since 2000-01-01" ;
  double odd(n) ; odd:units = "days since 1982-01-01" ;
data: hours = 12, 18.5 ; days = 0, -1 ; year0 = 1, 2 ; noleap = 1, 2 ; months = 1, 2 ; odd = 1e-17, 1 ;""")
        self.strata("import", "store", "time.nc")
        types = {name: array["type"] for name, array in self.arrays("store", "time").items()}
        self.assertEqual(types, {"hours": "timestamp_ns", "days": "timestamp_ns", "year0": "float64",
                                 "noleap": "float64", "months": "float64", "odd": "float64"})
        rows = {row["array"]: row for row in self.json("stats", "store", "time")}
        self.assertEqual((rows["hours"]["min"], rows["hours"]["max"]),
                         ("1982-01-01T12:00:00Z", "1982-01-01T18:30:00Z"))
        self.assertEqual((rows["days"]["max"], rows["days"]["nulls"]), ("1970-01-01T00:00:00Z", 1))

    def test_standard_calendar_before_1582(self):
        self.netcdf("old.nc", """dimensions: n = 1 ; variables: int a(n) ; a:units = "days since 0001-01-01" ;
  int b(n) ; b:units = "days since 0001-01-01" ; b:calendar = "proleptic_gregorian" ; data: a = 723000 ; b = 723000 ;""")
        self.strata("import", "store", "old.nc")
        rows = {row["array"]: row["min"] for row in self.json("stats", "store", "old")}
        self.assertEqual(rows, {"a": "1980-07-03T00:00:00Z", "b": "1980-07-05T00:00:00Z"})

    def test_split_by_time_names_datasets_by_date(self):
        self.winds()
        self.strata("import", "store", "winds.nc", "--split", "TIME")
        self.assertEqual(self.strata("ls", "store", "--names").split(),
                         ["1982-01-01", "1982-01-31", "1982-03-03", "1982-04-02"])
        arrays = self.arrays("store", "1982-03-03")
        self.assertEqual((arrays["U"]["shape"], arrays["U"]["dimensions"]), ([3, 4], ["lat", "lon"]))
        self.assertEqual((arrays["TIME"]["shape"], arrays["TIME"]["type"]), ([], "timestamp_ns"))
        rows = {row["array"]: row for row in self.json("stats", "store", "1982-03-03")}
        self.assertEqual((rows["U"]["min"], rows["U"]["max"], rows["U"]["nulls"]), (200, 211, 1))
        self.assertEqual(rows["TIME"]["min"], "1982-03-03T09:00:00Z")
        self.assertEqual(rows["lat"]["elements"], 3)

    def test_split_takes_the_time_of_day_when_dates_repeat(self):
        self.netcdf("day.nc", """dimensions: t = 3 ; variables: int t(t) ; t:units = "hours since 1982-01-01" ;
  int v(t) ; data: t = 0, 6, 12 ; v = 1, 2, 3 ;""")
        self.strata("import", "store", "day.nc", "--split", "t")
        self.assertEqual(self.strata("ls", "store", "--names").split(),
                         ["1982-01-01T00:00", "1982-01-01T06:00", "1982-01-01T12:00"])

    def test_split_without_times_numbers_datasets(self):
        values = ", ".join(str(i) for i in range(11 * 2))
        self.netcdf("runs.nc", "dimensions: x = 2 ; run = 11 ; variables: int v(x, run) ; data: v = %s ;" % values)
        self.strata("import", "store", "runs.nc", "--split", "run", "--prefix", "r")
        self.assertEqual(self.strata("ls", "store", "--names").split(), ["r%02d" % i for i in range(11)])
        self.strata("stack", "store", "v", "--out", "v.csv")
        with open(self.path("v.csv"), encoding="utf-8") as file:
            self.assertEqual(file.readlines()[3], "r03,3,14\n")

    def test_split_by_unknown_dimension_says_which_there_are(self):
        self.winds()
        self.fails(1, "import", "store", "winds.nc", "--split", "tim", says=["tim", "TIME", "lat"])
        self.fails(1, "ls", "store", says="store")  # nothing was made

    def test_groups_are_flattened(self):
        self.netcdf("groups.nc", """dimensions: n = 2 ; variables: int top(n) ; data: top = 1, 2 ;
group: g { variables: int v(n) ; :note = "inside" ; data: v = 3, 4 ; group: h { variables: int w ; data: w = 5 ; } }""")
        self.strata("import", "store", "groups.nc")
        self.assertEqual(sorted(self.arrays("store", "groups")), ["g.h.w", "g.v", "top"])
        self.assertEqual(self.json("show", "store", "groups")["attributes"], {"g.note": "inside", "_pyatlas_coords": "[]"})

    def test_unlimited_and_empty_dimensions(self):
        self.netcdf("empty.nc", """dimensions: t = UNLIMITED ; n = 2 ;
variables: int v(t, n) ; int w(n) ; data: w = 1, 2 ;""")
        self.strata("import", "store", "empty.nc")
        self.assertEqual(self.arrays("store", "empty")["v"]["shape"], [0, 2])

    def test_classic_formats(self):
        for kind in ["classic", "64-bit-offset", "nc7"]:
            name = self.netcdf(kind + ".nc", "dimensions: n = 2 ; variables: int v(n) ; data: v = 1, 2 ;", kind)
            self.strata("import", "store", name)
        self.assertEqual(len(self.json("ls", "store")), 3)

    def test_enumerations_are_numbers_and_other_types_are_left_out(self):
        self.netcdf("own.nc", """types: byte enum sky { CLEAR = 0, CLOUDY = 1 } ; compound pair { int a ; int b ; } ;
dimensions: n = 2 ; variables: sky s(n) ; pair p(n) ; data: s = CLOUDY, CLEAR ; p = {1, 2}, {3, 4} ;""")
        result = self.run_strata("import", "store", "own.nc")
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertIn('"p" was left out', result.stderr)
        self.assertEqual({n: a["type"] for n, a in self.arrays("store", "own").items()}, {"s": "int8"})

    def test_underscore_in_front_is_renamed(self):
        self.netcdf("under.nc", "variables: int _v ; data: _v = 1 ;")
        result = self.run_strata("import", "store", "under.nc")
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertIn("var_v", result.stderr)
        self.assertEqual(list(self.arrays("store", "under")), ["var_v"])

    def test_unicode_names(self):
        self.netcdf("größe.nc", "dimensions: länge = 2 ; variables: int höhe(länge) ; data: höhe = 1, 2 ;")
        self.strata("import", "lager", "größe.nc")
        self.assertIn("int32 höhe(länge) ;", self.strata("show", "lager", "größe"))

    def test_chunks(self):
        self.winds()
        self.strata("import", "store", "winds.nc", "--chunk", "TIME=1,lon=3")
        self.assertEqual(self.arrays("store", "winds")["U"]["chunk_shape"], [1, 3, 3])
        self.assertEqual(self.arrays("store", "winds")["lat"]["chunk_shape"], [3])
        self.strata("stack", "store", "U", "--out", "u.csv")
        with open(self.path("u.csv"), encoding="utf-8") as file:
            values = file.read().strip().split(",")[1:]
        want = [-99 if i == 5 else 100 * t + i for t in range(4) for i in range(12)]
        self.assertEqual([float(v) for v in values], want)
        for wrong in ["TIME", "TIME=0", "TIME=x", "=3"]:
            self.fails(2, "import", "other", "winds.nc", "--chunk", wrong, says="--chunk")

    def test_codecs(self):
        self.winds()
        for codec in ["none", "lz4", "zstd"]:
            self.strata("import", "store_" + codec, "winds.nc", "--codec", codec)
            self.assertEqual(self.json("stack", "store_" + codec, "U")["overall"]["max"], 311)
        self.fails(2, "import", "other", "winds.nc", "--codec", "zip", says="zip")

    def test_existing_dataset_needs_overwrite(self):
        self.winds()
        self.strata("import", "store", "winds.nc")
        self.fails(1, "import", "store", "winds.nc", says=['"winds"', "--overwrite", "--prefix"])
        self.winds(months=2)
        self.strata("import", "store", "winds.nc", "--overwrite")
        self.assertEqual(self.arrays("store", "winds")["U"]["shape"], [2, 3, 4])
        self.strata("import", "store", "winds.nc", "--prefix", "second-")
        self.assertEqual(self.strata("ls", "store", "--names").split(), ["winds", "second-winds"])

    def test_a_file_that_cannot_be_imported_is_told_and_the_rest_goes_on(self):
        self.winds()
        with open(self.path("not.nc"), "w", encoding="utf-8") as file:
            file.write("not a NetCDF file\n")
        self.netcdf("last.nc", "variables: int v ; data: v = 1 ;")
        files = ["not.nc", "winds.nc", "missing.nc", "./winds.nc", "last.nc"]
        result = self.run_strata("import", "store", *files)
        self.assertEqual(result.returncode, 1)
        self.assertEqual(self.strata("ls", "store", "--names").split(), ["winds", "last"])
        said = result.stderr.splitlines()
        for line, words in zip(said, [["not.nc", "NetCDF"], ["missing.nc", "No such file"], ["./winds.nc", "second dataset"],
                                      ["3 files of 5"]]):
            for word in words:
                self.assertIn(word, line)
        self.assertEqual(len(said), 4, said)
        self.assertIn("imported 2 datasets", result.stdout)

    def test_all_files_or_none(self):
        self.winds()
        with open(self.path("not.nc"), "w", encoding="utf-8") as file:
            file.write("not a NetCDF file\n")
        stop = ["--on-error", "stop"]
        self.fails(1, "import", "store", "not.nc", "winds.nc", *stop, says="not.nc")
        self.fails(1, "ls", "store")
        self.fails(1, "import", "store", "winds.nc", "not.nc", *stop, says="not.nc")
        self.assertEqual(self.json("ls", "store"), [])
        self.fails(1, "import", "store", "winds.nc", "missing.nc", *stop, says=["missing.nc", "No such file"])
        self.fails(1, "import", "store", "winds.nc", "./winds.nc", *stop, says="second dataset")
        self.assertEqual(self.json("ls", "store"), [])
        self.fails(1, "import", "other", "not.nc", says="1 file of 1")
        self.fails(1, "ls", "other")

    def test_array_file_is_no_store(self):
        self.winds()
        self.fails(2, "import", "x.af", "winds.nc", says="x.af")


support.main()
