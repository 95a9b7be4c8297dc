"""What ccache hands out fits the sources: a small project with a precompiled header, built by the launcher of Baton's own build."""

import os
import shutil
import subprocess
import tempfile
import unittest

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

PROJECT = """cmake_minimum_required(VERSION 3.25)
project(small LANGUAGES CXX)
include({root}/cmake/CompilerCache.cmake)
add_library(small OBJECT {source})
target_compile_options(small PRIVATE -fpch-preprocess)
target_include_directories(small PRIVATE "${{CMAKE_SOURCE_DIR}}")
target_precompile_headers(small PRIVATE "${{CMAKE_SOURCE_DIR}}/kind.hpp")
"""


@unittest.skipUnless(shutil.which("ccache"), "ccache is not installed")
class CompilerCache(unittest.TestCase):
    def setUp(self):
        self.place = tempfile.mkdtemp(prefix="baton-ccache-")
        self.addCleanup(shutil.rmtree, self.place)

    def write(self, name, text):
        with open(os.path.join(self.place, name), "w", encoding="utf-8") as file:
            file.write(text)

    def run_here(self, *command):
        cache = {"CCACHE_DIR": os.path.join(self.place, "cache"), "CCACHE_CONFIGPATH": os.devnull}
        done = subprocess.run(command, cwd=self.place, env={**os.environ, **cache}, text=True, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT)
        self.assertEqual(0, done.returncode, done.stdout)
        return done.stdout

    def builds_anew(self, comment, source):
        """A clean build, as in a new clone, of what has this comment in its header."""
        shutil.rmtree(os.path.join(self.place, "build"), ignore_errors=True)
        self.write("kind.hpp", f"#pragma once\n// {comment}\nenum class Kind {{ one }};\n")
        self.write(source, '#include "kind.hpp"\nKind kind() { return Kind::one; }\n')
        self.write("CMakeLists.txt", PROJECT.format(root=ROOT, source=source))
        self.run_here("cmake", "-G", "Ninja", "-B", "build")
        self.run_here("cmake", "--build", "build")

    def hits(self):
        counts = dict(line.split() for line in self.run_here("ccache", "--print-stats").splitlines())
        return int(counts["direct_cache_hit"]) + int(counts["preprocessed_cache_hit"])

    def test_a_changed_comment_in_a_precompiled_header_takes_nothing_old(self):
        self.builds_anew("Once.", "first.cpp")
        self.builds_anew("Twice", "second.cpp")
        self.assertEqual(0, self.hits())

    def test_what_has_not_changed_is_not_compiled_again(self):
        self.builds_anew("Once.", "first.cpp")
        self.builds_anew("Once.", "first.cpp")
        self.assertEqual(2, self.hits())


if __name__ == "__main__":
    unittest.main()
