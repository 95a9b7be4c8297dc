"""`baton bench`: what its users' programs read, and what it leaves behind. Figures are no matter of tests."""

import json
import os
import subprocess
import sys
import tempfile
import time
import unittest

sys.dont_write_bytecode = True
BATON = os.path.abspath(sys.argv.pop(1))
FIELDS = ("workload n concurrency seconds per_second p50_ms p99_ms rss_mib disk_bytes_per_instance "
          "fdatasync_p50_ms fdatasync_per_s group_commit_per_s").split()


def children_of(pid):
    with open(f"/proc/{pid}/task/{pid}/children", encoding="ascii") as file:
        return [int(child) for child in file.read().split()]


def is_alive(pid):
    """One that nobody has waited for yet is dead all the same: not every first process of a container does."""
    try:
        with open(f"/proc/{pid}/stat", encoding="utf-8", errors="replace") as file:
            return file.read().rpartition(")")[2].split()[0] not in ("Z", "X")
    except (FileNotFoundError, ProcessLookupError):
        return False


def wait_until(condition, seconds=60):
    until = time.monotonic() + seconds
    while not condition() and time.monotonic() < until:
        time.sleep(0.01)
    return condition()


class BenchTest(unittest.TestCase):
    def setUp(self):
        temporary = tempfile.TemporaryDirectory(prefix="baton-bench-test-")
        self.addCleanup(temporary.cleanup)
        self.folder = temporary.name
        self.environment = {**os.environ, "TMPDIR": self.folder}

    def test_each_workload_prints_one_object_with_the_fields_that_are_documented_and_leaves_nothing(self):
        for workload, n in (("w1", 40), ("w2", 20), ("w3", 100), ("w4", 100)):
            with self.subTest(workload):
                done = subprocess.run([BATON, "bench", workload, "--n", str(n), "--json"], env=self.environment, cwd=self.folder,
                                      stdout=subprocess.PIPE, check=True)
                measured = json.loads(done.stdout)
                self.assertEqual(list(measured), FIELDS)
                self.assertEqual((measured["workload"], measured["n"]), (workload, n))
                for field in FIELDS[1:]:
                    self.assertGreater(measured[field], 0, field)
                self.assertEqual(os.listdir(self.folder), [])

    def test_the_store_stays_where_it_was_asked_to_be(self):
        subprocess.run([BATON, "bench", "w2", "--n", "1", "--json", "--data", "kept/here"], env=self.environment, cwd=self.folder,
                       stdout=subprocess.DEVNULL, check=True)
        self.assertEqual(os.listdir(self.folder), ["kept"])
        self.assertIn("high_water_mark", os.listdir(os.path.join(self.folder, "kept/here")))

    def test_whoever_ends_it_leaves_no_server_behind(self):
        with subprocess.Popen([BATON, "bench", "w3", "--n", "100000000", "--json"], env=self.environment, cwd=self.folder,
                              stdout=subprocess.DEVNULL) as bench:
            self.assertTrue(wait_until(lambda: children_of(bench.pid)))
            server = children_of(bench.pid)[0]
            is_served = lambda: any(name.endswith(".ports") for _, _, names in os.walk(self.folder) for name in names)
            self.assertTrue(wait_until(is_served))
            bench.terminate()
            bench.wait()
            self.assertTrue(wait_until(lambda: not is_alive(server)))

    def test_without_a_temporary_folder_it_says_so_and_touches_nothing(self):
        own = os.path.join(self.folder, "own")
        with open(own, "w", encoding="ascii") as file:
            file.write("mine")
        done = subprocess.run([BATON, "bench", "w2", "--json"], env={**os.environ, "TMPDIR": "/nowhere"}, cwd=self.folder,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False)
        self.assertNotEqual(done.returncode, 0)
        self.assertIn(b"TMPDIR", done.stdout + done.stderr)
        self.assertEqual(os.listdir(self.folder), ["own"])


if __name__ == "__main__":
    unittest.main()
