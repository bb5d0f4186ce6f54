"""Ctrl-C and SIGTERM at random moments: the verb stops, says what is the case, and leaves nothing half made."""

import os
import random
import signal
import subprocess
import time

import support

SEED = random.randrange(1 << 32)
ROUNDS = 5
N = 1500


def as_started_from_a_terminal():
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # who runs in the background may have been told to ignore it


class Interrupt(support.Case):
    def setUp(self):
        super().setUp()
        self.dice = random.Random(SEED)
        self.netcdf("big.nc", "dimensions: t = 6 ; y = %d ; x = %d ;\nvariables: float v(t, y, x) ; v:_FillValue = 7.f ; double y(y) ;" % (N, N))
        self.strata("import", "store", "big.nc", "--prefix", "old-", "--chunk", "t=1,y=100", "--codec", "lz4")

    def start(self, arguments):
        return subprocess.Popen([support.STRATA, *arguments], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
                                text=True, cwd=self.folder, preexec_fn=as_started_from_a_terminal)

    def interrupted(self, *arguments, before=lambda: None, after):
        """Runs it whole once, then stops it at random moments; `after` is told whether it has ended by itself."""
        before()
        begin = time.monotonic()
        process = self.start(arguments)
        said = process.communicate(timeout=300)[1]
        takes = time.monotonic() - begin
        self.assertEqual((process.returncode, said), (0, ""), (arguments, SEED))
        after(True)
        stopped = 0
        for _ in range(ROUNDS):
            before()
            number = self.dice.choice([signal.SIGINT, signal.SIGTERM])
            process = self.start(arguments)
            time.sleep(self.dice.uniform(0, takes))
            process.send_signal(number)
            said = process.communicate(timeout=60)[1]
            if process.returncode == -number:  # before it listened
                self.assertEqual(said, "")
            elif process.returncode != 0:
                stopped += 1
                self.assertEqual(process.returncode, 128 + number, (arguments, said, SEED))
                self.assertTrue(said.startswith("strata: interrupted"), (arguments, said, SEED))
                self.assertEqual(said.count("\n"), 1, said)
            after(process.returncode == 0)
            for folder, _, files in os.walk(self.folder):
                self.assertEqual([name for name in files if ".part" in name], [], (folder, arguments, SEED))
        self.strata("check", "store", "--structure")
        return stopped

    def test_import(self):
        def before():
            if "new-big" in self.strata("ls", "store", "--names").split():
                self.strata("rm", "store", "new-big", "--yes")

        def after(done):
            self.assertEqual("new-big" in self.strata("ls", "store", "--names").split(), done, SEED)

        self.interrupted("import", "store", "big.nc", "--prefix", "new-", before=before, after=after)

    def test_put(self):
        def before():
            self.strata("put", "store", "old-big", "v", "...", "1000")

        def after(done):
            corners = self.strata("get", "store", "old-big", "v", "0,0,0") + self.strata("get", "store", "old-big", "v", "5,-1,-1")
            self.assertEqual(corners, "2000\n2000\n" if done else "1000\n1000\n", SEED)

        self.interrupted("put", "store", "old-big", "v", "...", "2000", before=before, after=after)

    def test_compact(self):
        step = [0]

        def before():
            step[0] += 1
            self.strata("put", "store", "old-big", "v", "0:3,:,:", str(step[0]))

        def after(_):
            self.assertEqual(self.strata("get", "store", "old-big", "v", "2,-1,-1"), "%d\n" % step[0], SEED)

        self.interrupted("compact", "store", before=before, after=after)

    def test_outputs(self):
        for name, arguments in {"out.nc": ("export", "store", "old-big", "--out", "out.nc", "--overwrite"),
                                "out.csv": ("get", "store", "old-big", "v", "0,0:300,:", "--out", "out.csv"),
                                "out.npy": ("get", "store", "old-big", "v", "--out", "out.npy"),
                                "got.nc": ("get", "store", "old-big", "v", "0:2,:,:", "--out", "got.nc")}.items():
            whole = []

            def before(name=name):
                if os.path.exists(self.path(name)):
                    os.remove(self.path(name))

            def after(done, name=name, whole=whole):
                self.assertEqual(os.path.exists(self.path(name)), done, (name, SEED))
                if done:
                    whole.append(os.path.getsize(self.path(name)))
                    self.assertEqual(whole[0], whole[-1])

            self.interrupted(*arguments, before=before, after=after)

    def test_what_only_reads(self):
        self.interrupted("check", "store", after=lambda done: None)
        self.interrupted("get", "store", "old-big", "v", "0:2,:,:", after=lambda done: None)

    def test_comparing(self):
        """Of all verbs that read long, the one that is stopped at least once for certain: it does not wait for its end."""
        self.strata("retain", "store", "--commits", "all")
        self.strata("put", "store", "old-big", "v", "...", "1")
        first = self.json("log", "store")[0]["seq"]
        self.strata("put", "store", "old-big", "v", "...", "2")
        stopped = 0
        for _ in range(20):
            stopped += self.interrupted("diff", "store", str(first), after=lambda done: None)
            if stopped:
                return
        self.fail("it was never stopped")

    def test_the_past(self):
        self.strata("retain", "store", "--commits", "all")

        def after(done):
            names = {t["tag"] for t in self.json("tags", "store")}
            self.assertEqual("new" in names, done, (names, SEED))
            if done:
                self.strata("untag", "store", "new")

        self.interrupted("tag", "store", "new", after=after)
        self.interrupted("gc", "store", after=lambda done: None)

    @staticmethod
    def listens(process):
        with open("/proc/%d/status" % process.pid, encoding="ascii") as status:
            caught = [line.split()[1] for line in status if line.startswith("SigCgt:")]
        return int(caught[0], 16) & (1 << (signal.SIGINT - 1))

    def test_waiting_for_input(self):
        process = subprocess.Popen([support.STRATA, "put", "store", "old-big", "v", "0,0,0:2"], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL,
                                   stderr=subprocess.PIPE, cwd=self.folder, preexec_fn=as_started_from_a_terminal)
        process.stdin.write(b"5")
        process.stdin.flush()
        while not self.listens(process):
            time.sleep(0.01)
        time.sleep(0.5)  # it waits for input by then
        process.send_signal(signal.SIGINT)
        said = process.stderr.read()
        self.assertEqual((process.wait(timeout=60), said), (130, b"strata: interrupted: nothing was changed\n"))
        process.stdin.close()
        process.stderr.close()
        self.assertEqual(self.strata("get", "store", "old-big", "v", "0,0,0:2"), "_\n_\n")

    def test_a_second_one_ends_it_at_once(self):
        process = self.start(["check", "store"])
        time.sleep(0.05)
        process.send_signal(signal.SIGTERM)
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=60)
        self.assertIn(process.returncode, (0, 130, 143, -signal.SIGTERM, -signal.SIGINT))


support.main()
