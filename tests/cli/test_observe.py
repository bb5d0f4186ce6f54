"""What the command tells of its work: --counters, -v, STRATA_LOG and explain."""

import json

import support


class WhatItTells(support.Case):
    def setUp(self):
        super().setUp()
        self.winds()
        self.strata("import", "winds", "winds.nc", "--split", "TIME")

    def test_counters(self):
        result = self.run_strata("--counters", "get", "winds", "1982-01-01", "U", "--json")
        self.assertEqual(result.returncode, 0)
        counters = json.loads(result.stderr)
        self.assertEqual(counters["reads"], 1)
        self.assertGreater(counters["storage_opens"], 2)
        lines = self.run_strata("get", "winds", "1982-01-01", "U", "--counters").stderr.splitlines()
        self.assertEqual([line.split(": ")[0] for line in lines], list(counters))

    def test_log(self):
        said = self.run_strata("set-attr", "winds", "1982-01-01", "a", "b", "-v").stderr
        self.assertRegex(said, r"(?m)^\S+Z info store: winds: commit \d+, a flush: 0 layers of 0 bytes, 1 datasets changed, 0 removed$")
        self.assertNotIn("storage", said)
        self.assertRegex(self.run_strata("set-attr", "winds", "1982-01-01", "a", "c", "-vv").stderr, r"(?m)^\S+Z debug storage: created ")
        said = self.run_strata("set-attr", "winds", "1982-01-01", "a", "d", environment={"STRATA_LOG": "error,storage=debug"}).stderr
        self.assertIn(" debug storage: ", said)
        self.assertNotIn(" store: ", said)
        for wrong in ["loud", "store=loud", "stores=info", "store=", "=info"]:
            result = self.run_strata("ls", "winds", environment={"STRATA_LOG": wrong})
            self.assertEqual((result.returncode, result.stderr.count("\n")), (2, 1), wrong)
            self.assertIn(wrong, result.stderr)
        self.assertEqual(self.run_strata("ls", "winds", environment={"STRATA_LOG": ""}).stderr, "")

    def test_explain(self):
        e = self.json("explain", "winds", "1982-01-01", "U", "0:2,:")
        self.assertEqual((e["chunks"], e["layers"], e["units"], e["cache_misses"], e["result_bytes"]), (1, 1, 1, 1, 32))
        said = self.run_strata("--counters", "get", "winds", "1982-01-01", "U", "0:2,:", "--json").stderr
        self.assertIn('"read_bytes":%d,' % e["request_bytes"], said)
        self.assertIn("1 read from storage", self.strata("explain", "winds", "1982-01-01", "U"))
        self.fails(1, "explain", "winds", "1982-01-01", "none", says="none")


support.main()
