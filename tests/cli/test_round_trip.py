"""NetCDF into a store and back: every file of a zoo comes back unchanged, as libnetcdf reads both."""

import os
import subprocess
import unittest

import support

NUMBERS = ["byte", "ubyte", "short", "ushort", "int", "uint", "int64", "uint64", "float", "double"]
LOWEST = {"byte": "-128b", "ubyte": "0ub", "short": "-32768s", "ushort": "0us", "int": "-2147483648", "uint": "0u",
          "int64": "-9223372036854775807ll", "uint64": "0ull", "float": "-3.4e38f", "double": "-1.7e308"}
HIGHEST = {"byte": "127b", "ubyte": "255ub", "short": "32767s", "ushort": "65535us", "int": "2147483647",
           "uint": "4294967295u", "int64": "9223372036854775807ll", "uint64": "18446744073709551615ull",
           "float": "3.4e38f", "double": "1.7e308"}

# name: (kinds of file, CDL)
ZOO = {
    "nothing": (["classic", "64-bit-offset", "cdf5", "nc4", "nc7"], ""),
    "only_dimensions": (["classic", "nc4"], "dimensions: x = 3 ; t = UNLIMITED ; y = 1 ;"),
    "only_attributes": (["classic", "nc4"], ':title = "only attributes" ; :n = 1, 2, 3 ;'),
    "scalars": (["classic", "cdf5", "nc4", "nc7"],
                'variables: double s ; short t ; char c ; char d ; data: s = 2.5 ; t = -1 ; c = "x" ;'),
    "numbers": (["nc4", "cdf5"], "dimensions: n = 3 ;\nvariables:\n" + "".join(
        "%s v_%s(n) ; v_%s:valid_range = %s, %s ; v_%s:one = %s ;\n" % (t, t, t, LOWEST[t], HIGHEST[t], t, HIGHEST[t])
        for t in NUMBERS) + "data:\n" + "".join("v_%s = %s, 1, %s ;\n" % (t, LOWEST[t], HIGHEST[t]) for t in NUMBERS)),
    "fills": (["nc4", "cdf5"], "dimensions: n = 3 ;\nvariables:\n" + "".join(
        "%s v_%s(n) ; v_%s:_FillValue = %s ; v_%s:missing_value = %s ;\n" % (t, t, t, HIGHEST[t], t, LOWEST[t])
        for t in NUMBERS) + "data:\n" + "".join("v_%s = _, 1, _ ;\n" % t for t in NUMBERS)),
    "classic_types": (["classic", "64-bit-offset", "nc7"], """dimensions: n = 2 ; len = 4 ; t = UNLIMITED ;
variables: byte b(n) ; char c(n, len) ; short s(t, n) ; int i(t) ; float f(n) ; double d(n) ;
  b:_FillValue = 7b ; c:_FillValue = "-" ; f:missing_value = -99.f, 1.5f ; :history = "a\\nb" ; :empty = "" ;
data: b = 1, _ ; c = "ab", "cdef" ; s = 1, 2, 3, 4, 5, 6 ; i = 1, 2, 3 ; f = NaNf, -Infinityf ; d = 0.1, -0. ;"""),
    "unlimited": (["nc4"], """dimensions: t = UNLIMITED ; u = UNLIMITED ; n = 2 ; empty = UNLIMITED ;
variables: int v(t, n) ; int w(u, t) ; int none(empty, n) ; int t(t) ;
data: v = 1, 2, 3, 4 ; w = {5, 6}, {7, 8} ; t = 10, 20 ;"""),
    "record": (["classic", "64-bit-offset", "cdf5"], """dimensions: t = UNLIMITED ; x = 3 ;
variables: byte odd(t, x) ; short v(t) ; byte single(x) ; data: odd = 1,2,3, 4,5,6, 7,8,9 ; v = 1, 2, 3 ; single = 1, 2, 3 ;"""),
    "zero_length": (["nc4"], """dimensions: t = UNLIMITED ; n = 2 ; len = 5 ;
variables: int v(t, n) ; char c(t, len) ; string s(t) ; double d(n, t) ; float other(n) ; data: other = 1, 2 ;"""),
    "texts": (["nc4"], """dimensions: n = 3 ; len = 6 ; one = 1 ;
variables: char c(n, len) ; char cell(len) ; char single(n, one) ; string s(n) ; string t ; string f(n) ;
  string f:_FillValue = "none" ; c:note = "of c" ; string s:languages = "日本語", "Deutsch", "" ; string s:one = "text" ;
  string s:like_json = "json:[1]" ; c:json = "json:[1, 2]" ; c:date = "2001-01-01T00:00:00Z" ; string c:none = "" ;
data: c = "ab", "", "cdefgh" ; cell = "alone" ; single = "a", "b", "c" ; s = "Zürich", "", "a\\nb" ; t = "scalar" ; f = "none", "x", "" ;"""),
    "latin1": (["nc4", "classic"], """dimensions: n = 2 ; len = 4 ;
variables: char c(n, len) ; c:unit = "\\260C" ; :where = "Z\\374rich" ; data: c = "\\260C", "\\303\\244" ;"""),
    "nuls": (["nc4", "classic"], """dimensions: n = 2 ; len = 4 ;
variables: char inside(n, len) ; char padded(n, len) ; inside:text = "ends\\000" ; inside:half = "a\\000b" ; inside:only = "\\000" ;
data: inside = "a\\000b", "cd" ; padded = "ab  ", "cd" ;"""),
    "times": (["nc4", "classic"], """dimensions: t = 4 ;
variables: double hours(t) ; hours:units = "hours since 1982-01-01" ; float days(t) ; days:units = "days since 2000-01-01 12:00" ;
  int seconds(t) ; seconds:units = "seconds since 1970-01-01" ; seconds:_FillValue = -1 ;
  double filled(t) ; filled:units = "days since 1900-01-01" ; filled:_FillValue = 1e20 ;
  double both(t) ; both:units = "days since 1900-01-01" ; both:_FillValue = 1e20 ;
  double odd(t) ; odd:units = "days since 1982-01-01" ; double zero(t) ; zero:units = "days since 1982-01-01" ;
  short noleap(t) ; noleap:units = "days since 2000-01-01" ; noleap:calendar = "noleap" ;
  double months(t) ; months:units = "months since 2000-01-01" ; double far(t) ; far:units = "hours since 0000-01-01" ;
data: hours = 12, 18.5, -0.25, 1e5 ; days = 0.5, 1, 2, 3 ; seconds = 0, -1, 2147483647, -5 ; filled = 1, 1e20, 3.25, _ ;
  both = NaN, 1e20, 1, 2 ; odd = 1e-17, 1, 2, 3 ; zero = -0., 0, 1, 2 ; noleap = 1, 2, 3, 4 ; months = 1, 2, 3, 4 ; far = 1, 2, 3, 4 ;"""),
    "packed": (["nc4", "classic"], """dimensions: n = 3 ;
variables: short p(n) ; p:scale_factor = 0.01f ; p:add_offset = 273.15 ; p:_FillValue = -32768s ; p:valid_range = -100s, 100s ;
  p:flag_values = 1b, 2b ; p:flag_meanings = "good bad" ; data: p = 1, _, 100 ;"""),
    "groups": (["nc4"], """dimensions: n = 2 ; t = UNLIMITED ;
variables: int top(n) ; top:units = "m" ; int g.v(n) ; :title = "root" ; :g.note = "not the group's" ;
data: top = 1, 2 ; g.v = 9, 8 ;
group: g { dimensions: n = 3 ; m = 2 ; variables: int v(n) ; v:units = "s" ; int w(t, m) ; int top ; :note = "inside" ; :title = "of g" ;
  data: v = 3, 4, 5 ; w = 1, 2, 3, 4 ; top = 7 ;
  group: h { dimensions: n = 1 ; variables: short v(n) ; char c(m) ; :note = "deeper" ; data: v = 5 ; c = "xy" ; } }
group: empty { } group: only { :x = 1.5f ; }"""),
    "enumerations": (["nc4"], """types: byte enum sky { CLEAR = 0, CLOUDY = 1, STORM_Y = -3 } ; ushort enum wide { A = 65535 } ;
dimensions: n = 3 ; variables: sky s(n) ; sky f(n) ; sky f:_FillValue = CLOUDY ; wide w ; int v ; sky v:state = CLEAR, CLOUDY ; sky v:one = CLOUDY ;
data: s = CLOUDY, CLEAR, STORM_Y ; f = CLEAR, _, CLOUDY ; w = A ; v = 1 ;
group: g { types: int enum local { X = 5 } ; variables: local l ; sky s ; data: l = X ; s = CLEAR ; }"""),
    "lists": (["nc4"], """types: int(*) ints ; double(*) doubles ; ubyte(*) bytes ;
dimensions: n = 3 ; t = UNLIMITED ; variables: ints i(n) ; doubles d(n, n) ; bytes b ; ints e(t) ;
data: i = {1, 2}, {}, {3} ; d = {1.5}, {}, {2}, {3, 4}, {}, {}, {}, {5}, {6} ; b = {1, 255} ; e = {7}, {8, 9} ;"""),
    "names": (["nc4", "classic"], """dimensions: länge = 2 ; _d = 1 ; d.e = 2 ; x\\ y = 2 ;
variables: int höhe(länge) ; int _hidden(_d) ; int var_hidden(_d) ; int v.w(d.e) ; int v(d.e) ; int \\2nd(x\\ y) ; int a+b@c(länge) ;
  v:w.units = "of v" ; v.w:units = "of v.w" ; _hidden:_note = "hidden" ; :_global = 1 ; :v.x = "looks like v's" ; :höhe = "global" ; v:größe = 2s ;
  v.w:_pyatlas_coords = "x" ; :_pyatlas_coords = "mine" ;
data: höhe = 1, 2 ; _hidden = 3 ; var_hidden = 4 ; v.w = 5, 6 ; v = 7, 8 ; \\2nd = 9, 10 ; a+b@c = 11, 12 ;"""),
    "coordinates": (["nc4", "classic"], """dimensions: x = 2 ; y = 2 ;
variables: double x(x) ; double lat(y, x) ; float v(y, x) ; v:coordinates = "lat  lon missing" ; double lon(y, x) ; int crs ;
  v:grid_mapping = "crs" ; data: x = 0, 1 ; lat = 1,2,3,4 ; v = 1,2,3,4 ; lon = 5,6,7,8 ; crs = 0 ;"""),
    "storage": (["nc4", "nc7"], """dimensions: n = 100 ; t = UNLIMITED ;
variables: int c(n) ; c:_ChunkSizes = 10 ; c:_DeflateLevel = 5 ; c:_Shuffle = "true" ; int f(n) ; f:_Fletcher32 = "true" ; f:_ChunkSizes = 50 ;
  int t(t) ; int big(n) ; big:_Endianness = "big" ; data: t = 1, 2 ; big = 1, 2, 3 ;"""),
    "special_numbers": (["nc4"], """dimensions: n = 5 ;
variables: float f(n) ; double d(n) ; d:list = NaN, Infinity, -Infinity, -0., 1e-310 ; f:list = NaNf, Infinityf, -0.f, 0.1f ; f:none = NaNf ;
  d:tiny = 4.9e-324 ; f:_FillValue = NaNf ; d:zero = -0. ; f:third = 0.333333343f ; d:empty = "" ;
data: f = NaNf, Infinityf, -Infinityf, -0.f, 1e-40f ; d = NaN, Infinity, -Infinity, -0., 5e-324 ;"""),
    "many": (["nc4"], "dimensions: " + " ".join("d%d = %d ;" % (i, i % 5 + 1) for i in range(40)) + "\nvariables: " + " ".join(
        'int v%d(d%d, d%d) ; v%d:units = "u%d" ;' % (i, i, (i * 7) % 40, i, i) for i in range(40)) + "\n"),
    "rank": (["nc4"], "dimensions: " + " ".join("d%d = 1 ;" % i for i in range(20)) + " n = 2 ; variables: int v(%s, n) ; data: v = 1, 2 ;"
             % ", ".join("d%d" % i for i in range(20))),
}


class RoundTrip(support.Case):
    def compare(self, a, b):
        result = subprocess.run([support.NC_COMPARE, self.path(a), self.path(b)], capture_output=True, text=True)
        self.assertEqual((result.returncode, result.stdout, result.stderr), (0, "", ""), (a, b))

    def test_every_file_of_the_zoo(self):
        for name, (kinds, cdl) in ZOO.items():
            for kind in kinds:
                with self.subTest(name=name, kind=kind):
                    file = self.netcdf("%s_%s.nc" % (name, kind), cdl, kind)
                    result = self.run_strata("import", "store", file)
                    self.assertEqual(result.returncode, 0, result.stderr)
                    dataset = os.path.splitext(file)[0]
                    # As it lies in the store, and as it is after a compaction.
                    self.strata("export", "store", dataset, "--out", "first.nc", "--overwrite")
                    self.compare(file, "first.nc")
        self.strata("compact", "store")
        self.strata("export", "store", "--all", "--out", "second")
        for name, (kinds, _) in ZOO.items():
            for kind in kinds:
                file = "%s_%s.nc" % (name, kind)
                with self.subTest(name=name, kind=kind, compacted=True):
                    self.compare(file, os.path.join("second", file))

    def test_the_comparison_notices(self):
        self.netcdf("a.nc", "dimensions: n = 2 ; variables: int v(n) ; v:x = 1s ; data: v = 1, 2 ;")
        for change in ["dimensions: n = 2 ; variables: int v(n) ; v:x = 1s ; data: v = 1, 3 ;",
                       "dimensions: n = 2 ; variables: int v(n) ; v:x = 1 ; data: v = 1, 2 ;",
                       "dimensions: n = 2 ; variables: int v(n) ; data: v = 1, 2 ;",
                       "dimensions: n = UNLIMITED ; variables: int v(n) ; v:x = 1s ; data: v = 1, 2 ;",
                       "dimensions: n = 2 ; variables: uint v(n) ; v:x = 1s ; data: v = 1, 2 ;",
                       "dimensions: n = 2 ; variables: int v(n) ; v:x = 1s ; data: v = 1, 2 ; group: g { }"]:
            self.netcdf("b.nc", change)
            result = subprocess.run([support.NC_COMPARE, self.path("a.nc"), self.path("b.nc")], capture_output=True)
            self.assertEqual(result.returncode, 1, change)

    def test_split_datasets_are_files_of_one_index(self):
        self.winds()
        self.strata("import", "store", "winds.nc", "--split", "TIME")
        self.strata("export", "store", "1982-03-03")
        shown = subprocess.run(["ncdump", self.path("1982-03-03.nc")], capture_output=True, text=True, check=True).stdout
        self.assertIn("float U(lat, lon) ;", shown)
        self.assertIn("double TIME ;", shown)
        self.assertIn("TIME = 1473 ;", shown)
        self.assertNotIn("UNLIMITED", shown)
        self.assertIn("U:_FillValue = -99.f ;", shown)


support.main()
