"""The past of a store: tags, --at, diff, what is kept and what goes."""

import os
import time

import support


class History(support.Case):
    def setUp(self):
        super().setUp()
        self.winds()
        self.strata("import", "winds", "winds.nc", "--split", "TIME")

    def value(self, *at):
        return self.json("get", "winds", "1982-01-01", "U", "0,0", *at)["values"]

    def put(self, value):
        self.strata("put", "winds", "1982-01-01", "U", "0,0", str(value))

    def test_a_tag_is_read_after_changes_and_compactions(self):
        before = self.value()
        self.assertIn("release-1", self.strata("tag", "winds", "release-1"))
        first = self.json("tags", "winds")[0]
        self.assertEqual(first["tag"], "release-1")
        self.put(77)
        self.strata("compact", "winds")
        self.put(78)
        self.strata("compact", "winds")
        self.assertNotEqual(self.value(), before)
        for name in ("release-1", str(first["seq"]), first["id"]):
            self.assertEqual(self.value("--at", name), before)
        self.assertIn(first["id"], self.strata("tags", "winds"))
        self.assertEqual(self.json("check", "winds")["findings"], [])
        shown = self.strata("show", "winds", "1982-01-01", "--at", "release-1")
        self.assertEqual(shown, self.strata("show", "winds", "1982-01-01"))
        for verb in (["ls", "winds"], ["info", "winds"], ["stats", "winds"], ["get", "winds", "1982-01-01", "U"]):
            self.strata(*verb, "--at", "release-1")
        self.fails(1, "tag", "winds", "release-1", "2", says=["release-1", "already"])
        self.fails(1, "tag", "winds", "12", says=["number"])
        self.assertEqual(self.json("untag", "winds", "release-1"), {"untagged": "release-1"})
        self.strata("gc", "winds")
        self.assertEqual(self.json("tags", "winds"), [])
        self.fails(1, "ls", "winds", "--at", "release-1", says=["release-1", "strata log"])
        self.fails(1, "get", "winds", "1982-01-01", "U", "0,0", "--at", str(first["seq"]), says=["not kept"])
        self.fails(1, "untag", "winds", "release-1", says=["release-1"])
        self.assertIn("tag", [c["kind"] for c in self.json("log", "winds")])

    def test_what_nobody_adopts(self):
        self.strata("put", "winds", "1982-01-01", "U", "0,0", "5")
        five = self.json("get", "winds", "1982-01-01", "U", "0,0")["values"]
        for task in ("1", "2", "3"):
            self.strata("put", "winds", "1982-01-01", "U", f"0,{task}", "5", "--job", "nightly", "--task", task)
        self.assertEqual(self.json("adopt", "winds", "nightly", "2", "--dry-run"), [t for t in self.json("adopt", "winds", "nightly", "--dry-run") if t["task"] == "2"])
        self.fails(1, "adopt", "winds", "nightly", "2", "4", says=["4", "nothing was adopted"])
        self.assertIn("adopted 1 task", self.strata("adopt", "winds", "nightly", "2"))
        self.assertEqual([self.json("get", "winds", "1982-01-01", "U", f"0,{i}")["values"] == five for i in (1, 2, 3)], [False, True, False])
        for age in ("1", "x", "-1d", "1w", "", "99999999999999999999d", "9999999999d"):
            self.fails(2, "gc", "winds", "--older-than", age)
        self.strata("gc", "winds", "--older-than", "12h")
        self.assertEqual(len(self.json("adopt", "winds", "nightly", "--dry-run")), 2)
        time.sleep(0.05)
        self.strata("gc", "winds", "--older-than", "0s")
        self.assertEqual(self.json("adopt", "winds", "nightly", "--dry-run"), [])
        self.fails(1, "adopt", "winds", "nightly", says=["nightly"])

    def test_what_is_kept(self):
        self.assertIn("the newest commit is kept", self.strata("retain", "winds"))
        self.assertEqual(self.json("retain", "winds", "--commits", "all")["commits"], "all")
        for value in range(5):
            self.put(value)
            self.strata("compact", "winds")
        puts = [c["seq"] for c in self.json("log", "winds") if c["kind"] == "data"][:5][::-1]
        for value, seq in enumerate(puts):
            self.assertEqual(self.value("--at", str(seq)), value)
        self.strata("expire", "winds", str(puts[3]))
        self.strata("gc", "winds")
        self.fails(1, "get", "winds", "1982-01-01", "U", "0,0", "--at", str(puts[1]), says=["not kept"])
        self.value("--at", str(puts[3]))
        self.assertEqual(self.json("retain", "winds")["first"], puts[3])
        kept = self.json("retain", "winds", "--commits", "3", "--days", "0.5")
        self.assertEqual((kept["commits"], kept["seconds"]), (3, 43200))
        self.assertIn("0.5 days", self.strata("retain", "winds"))
        self.fails(2, "retain", "winds", "--commits", "some", says=["neither a number"])
        self.fails(1, "expire", "winds", "1000", says=["1000"])
        self.assertEqual(self.json("check", "winds")["findings"], [])

    def test_differences(self):
        self.strata("tag", "winds", "before")
        self.put(42)
        self.strata("set-attr", "winds", "1982-01-01", "title", "changed")
        self.strata("rm", "winds", "1982-01-31", "--yes")
        rows = {(d["what"], d["dataset"], d["array"], d["attribute"]): d for d in self.json("diff", "winds", "before")}
        self.assertEqual(rows[("data", "1982-01-01", "U", "")]["chunks"], [[0, 0]])
        self.assertEqual(rows[("dataset", "1982-01-31", "", "")]["kind"], "removed")
        self.assertIn(("attribute", "1982-01-01", "", "title"), rows)
        self.assertEqual(len(rows), 3)
        self.assertIn("1982-01-01/U", self.strata("diff", "winds", "before"))
        self.assertEqual(self.json("diff", "winds", "before", "before"), [])
        self.assertEqual(self.strata("diff", "winds", "before", "before"), "no difference\n")
        base = os.path.join("winds", "U", "data.af")  # whose layers are what was put, and what was removed
        self.assertEqual({d["kind"] for d in self.json("diff", base, "0")}, {"changed", "removed"})
        self.assertEqual(self.json("diff", base, "2"), [])
        self.fails(1, "diff", "winds", "never", says=["never"])

    def test_tasks_of_a_job_are_adopted(self):
        names = [d["name"] for d in self.json("ls", "winds")][:3]
        for number, name in enumerate(names):
            self.assertIn("delivered", self.strata("put", "winds", name, "U", "0,0", str(number + 50), "--job", "nightly", "--task", name, "--at", "1"))
        self.fails(1, "put", "winds", names[0], "U", "0,0", "9", "--job", "nightly", "--task", names[0], says=["first"])
        self.assertEqual([d["task"] for d in self.json("adopt", "winds", "nightly", "--dry-run")], sorted(names))
        self.assertIn(names[0], self.strata("adopt", "winds", "nightly", "--dry-run"))
        before = self.json("log", "winds")[0]["seq"]
        self.assertIn("3 tasks", self.strata("adopt", "winds", "nightly"))
        self.assertEqual(self.json("log", "winds")[0]["kind"], "adopt")
        self.assertEqual(self.json("log", "winds")[0]["seq"], before + 1)
        for number, name in enumerate(names):
            self.assertEqual(self.json("get", "winds", name, "U", "0,0")["values"], number + 50)
        self.fails(1, "adopt", "winds", "nightly", says=["nightly"])
        for name in ("1", "2"):
            self.strata("put", "winds", names[0], "U", "1,1", name, "--job", "twice", "--task", name)
        self.fails(1, "adopt", "winds", "twice", says=["same", names[0]])
        self.fails(2, "put", "winds", names[0], "U", "1,1", "1", "--job", "x", says=["--task"])
        self.fails(2, "put", "winds", names[0], "U", "1,1", "1", "--at", "1", says=["--job"])


if __name__ == "__main__":
    support.main()
