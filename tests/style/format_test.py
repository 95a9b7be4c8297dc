#!/usr/bin/env python3
"""Every C++ file is as clang-format 14 with .clang-format writes it. `--fix` writes it so. Skipped (77) without the tool.

Another version of clang-format breaks lines differently, so it is not asked.
"""

import os
import re
import subprocess
import sys

import rules

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
VERSION = "14"


def tool():
    for name in ("clang-format-" + VERSION, "clang-format"):
        try:
            said = subprocess.run([name, "--version"], capture_output=True, text=True, check=True).stdout
        except (OSError, subprocess.CalledProcessError):
            continue
        if re.search(rf"version {VERSION}\.", said):
            return name
    return None


def main():
    clang_format = tool()
    if clang_format is None:
        print(f"clang-format {VERSION} is not installed")
        return 77
    files = [path for path in sorted(rules.read_tree(ROOT)) if path.endswith(rules.SOURCE)]
    how = ["-i"] if "--fix" in sys.argv else ["--dry-run", "-Werror", "--ferror-limit=1"]
    done = subprocess.run([clang_format, *how, *files], cwd=ROOT, capture_output=True, text=True)
    wrong = sorted(set(re.findall(r"^(\S+?):\d+:\d+: error: code should be clang-formatted", done.stderr, re.M)))
    for path in wrong:
        print(f"{path}: is not formatted; run tests/style/format_test.py --fix")
    if done.returncode != 0 and not wrong:
        print(done.stderr)
    print(f"{len(files)} files, {len(wrong)} not formatted")
    return 1 if done.returncode != 0 else 0


if __name__ == "__main__":
    sys.exit(main())
