#!/usr/bin/env python3
"""Holds the tree to its rules, and each rule to a tree that breaks it: a check that cannot fail is a defect."""

import os
import unittest

import rules

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
TREE = rules.read_tree(ROOT)
TABLE = 'X(bad_json, "BT101", 400, "It is bad")  \\\n  X(lost, "BT104", 404, "It is lost")'
PAGE = "# BT101: It is bad\n\n**Cause.** a\n\n**Cure.** b\n"


class Tree(unittest.TestCase):
    maxDiff = None

    def holds(self, rule, at_least=1):
        self.assertGreater(len(TREE), at_least, "the tree was not found")
        complaints = rule(TREE)
        self.assertEqual(complaints, [], "\n" + "\n".join(complaints))

    def refuses(self, rule, path, text, **more):
        """A tree of this one file (and of more, with / written as __) gets exactly one complaint."""
        tree = {path: text}
        tree.update({name.replace("__", "/"): content for name, content in more.items()})
        self.assertEqual(len(rule(tree)), 1, f"{rule.__name__} on {path}: {rule(tree)}")

    def takes(self, rule, path, text):
        self.assertEqual(rule({path: text}), [])

    def test_includes_point_one_way_only(self):
        self.holds(rules.arrows_point_down, at_least=100)
        rule = rules.arrows_point_down
        for path, name in [("runtime/base/a.hpp", "runtime/model/b.hpp"), ("runtime/model/a.cpp", "runtime/engine/b.hpp"),
                           ("runtime/script/a.cpp", "runtime/engine/b.hpp"), ("runtime/clinical/a.cpp", "runtime/script/b.hpp"),
                           ("runtime/engine/a.cpp", "runtime/script/sandbox.hpp"), ("persistence/a.cpp", "actors/b.hpp"),
                           ("actors/a.cpp", "gateway/b.hpp"), ("actors/a.cpp", "b.hpp"), ("runtime/base/a.cpp", "../b.hpp")]:
            self.refuses(rule, path, f'#include "{name}"\n')
        for path, name in [("gateway/a.cpp", "runtime/base/b.hpp"), ("runtime/engine/a.cpp", "runtime/script/program.hpp"),
                           ("persistence/a.cpp", "runtime/clinical/b.hpp"), ("actors/a.cpp", "persistence/ledger/b.hpp")]:
            self.takes(rule, path, f'#include "{name}"\n')

    def test_runtime_does_no_io_has_no_threads_and_asks_no_clock(self):
        self.holds(rules.runtime_is_pure)
        for line in ["#include <thread>", "#include <mutex>", "#include <fstream>", "#include <filesystem>",
                     "#include <iostream>", "#include <caf/all.hpp>", "#include <rocksdb/db.h>", "#include <sys/stat.h>",
                     "auto t = std::chrono::system_clock::now();", 'auto* home = std::getenv("HOME");',
                     'std::cerr << "x";', "auto t = time(nullptr);"]:
            self.refuses(rules.runtime_is_pure, "runtime/base/a.cpp", line + "\n")
        for line in ["// asks system_clock::now() for nothing", 'f("std::getenv(x)");', "/* #\n getenv( */", "#include <chrono>",
                     "auto now = clock.now();", "int x = 1'000; g('\"'); // getenv("]:
            self.takes(rules.runtime_is_pure, "runtime/base/a.cpp", line + "\n")
        self.takes(rules.runtime_is_pure, "actors/a.cpp", "#include <thread>\n")

    def test_caf_beast_rocksdb_and_lua_stay_in_their_boxes(self):
        self.holds(rules.foreign_headers_stay_at_home)
        for path, name in [("gateway/a.cpp", "caf/all.hpp"), ("actors/a.cpp", "boost/beast/http.hpp"),
                           ("actors/a.cpp", "rocksdb/db.h"), ("runtime/engine/a.cpp", "lua.hpp")]:
            self.refuses(rules.foreign_headers_stay_at_home, path, f"#include <{name}>\n")
        self.takes(rules.foreign_headers_stay_at_home, "actors/a.cpp", "#include <caf/all.hpp>\n")

    def test_every_header_says_what_it_is_for(self):
        self.holds(rules.headers_introduce_themselves)
        self.refuses(rules.headers_introduce_themselves, "actors/a.hpp", "#pragma once\n")
        self.refuses(rules.headers_introduce_themselves, "actors/a.hpp", "// A header.\n")

    def test_a_source_includes_its_own_header_first(self):
        self.holds(rules.own_header_comes_first)
        self.refuses(rules.own_header_comes_first, "actors/a.cpp", '#include <x>\n#include "actors/a.hpp"\n',
                     **{"actors__a.hpp": ""})

    def test_no_file_is_longer_than_500_lines(self):
        self.holds(rules.files_are_short)
        self.refuses(rules.files_are_short, "actors/a.cpp", "\n" * 501)
        self.takes(rules.files_are_short, "actors/a.cpp", "\n" * 500)

    def test_nothing_is_marked_as_unfinished(self):
        self.holds(rules.nothing_is_left_for_later)
        for mark in ["TO" "DO", "FIX" "ME", "XX" "X", "HA" "CK"]:
            self.refuses(rules.nothing_is_left_for_later, "docs/a.md", f"// {mark}: later\n")
        self.takes(rules.nothing_is_left_for_later, "docs/a.md", "mastodon XXXL shackle\n")

    def test_no_path_of_one_machine_is_named(self):
        self.holds(rules.no_path_of_one_machine)
        self.refuses(rules.no_path_of_one_machine, "docs/a.md", "see /wo" "rk/main/x\n")
        self.refuses(rules.no_path_of_one_machine, "docs/a.md", "HOME=/ro" "ot/\n")
        self.takes(rules.no_path_of_one_machine, "docs/a.md", "the branch /wo" "rk/task:call#2 and https://a.b/root/\n")

    def test_an_answer_of_the_api_says_what_its_reader_can_do(self):
        self.holds(rules.what_users_are_answered_has_a_cure)
        rule = rules.what_users_are_answered_has_a_cure
        for error in ['{ErrorCode::conflict, "no", {}}', 'Error{ErrorCode::conflict, "no" + id, ""}',
                      'Error{ErrorCode::conflict,\n  of({1, 2}),\n  {}}']:
            self.refuses(rule, "gateway/api/a.cpp", f"return {error};\n")
        self.takes(rule, "gateway/api/a.cpp", 'return Error{ErrorCode::conflict, "no", "look again"};\n')
        self.takes(rule, "gateway/api/a.cpp", 'JsonFields fields(body, "", ErrorCode::bad_field);\nf({}, "");\n')
        self.takes(rule, "actors/testing/a.cpp", 'return Error{ErrorCode::conflict, "no", {}};\n')

    def test_every_error_code_has_a_page_with_cause_and_cure(self):
        self.holds(rules.every_error_has_its_page)
        rule, table = rules.every_error_has_its_page, "runtime/base/error_codes.hpp"
        second = {"docs__errors__BT104.md": PAGE.replace("101", "104").replace("bad", "lost")}
        self.refuses(rule, table, TABLE, **second)
        self.refuses(rule, table, TABLE, **{"docs__errors__BT101.md": PAGE.replace("bad", "worse")}, **second)
        self.refuses(rule, table, TABLE, **{"docs__errors__BT101.md": PAGE.replace("Cure", "Hope")}, **second)
        self.refuses(rule, table, TABLE, **{"docs__errors__BT101.md": PAGE, "docs__errors__BT999.md": PAGE}, **second)
        self.refuses(rule, table, "nothing here")


if __name__ == "__main__":
    unittest.main()
