"""The rules of the tree, each a function from a tree to a list of complaints ("path:line: what; cure").

A tree is a dict from path to text, so that a rule can be tried on a made-up tree as well as on the real one. Rules read
text, not C++: they look at includes and at code with comments and strings taken out, which is all they need.
"""

import os
import re

# What each box may include besides itself and what those may include in turn. Arrows point one way only.
BOXES = {
    "runtime/base": [],
    "runtime/model": ["runtime/base"],
    "runtime/script": ["runtime/model"],
    "runtime/engine": ["runtime/model"],
    "runtime/clinical": ["runtime/model"],
    "runtime/matching": ["runtime/model"],
    "persistence": ["runtime/engine", "runtime/script", "runtime/clinical", "runtime/matching"],
    "actors": ["persistence"],
    "gateway": ["actors"],
}
# The narrow port through which the engine runs scripts: the one arrow between boxes of the same height.
PORTS = {"runtime/engine": ["runtime/script/program.hpp", "runtime/script/workflow_run.hpp",
                            "runtime/script/workflow_host.hpp"]}

# Headers that are heavy or belong to one concern, and the only boxes that may include them.
OWNERS = {
    r"caf/": ["actors"],
    r"boost/beast": ["gateway"],
    r"rocksdb/": ["persistence"],
    r"(lua|lauxlib|lualib)\.h": ["runtime/script"],
    r"libpq": ["persistence"],
    r"sqlite3": ["persistence"],
    r"re2/": ["runtime/model"],
}

# runtime/ decides; it does no IO, has no threads and asks no clock.
IMPURE_HEADERS = (
    r"(thread|mutex|shared_mutex|condition_variable|future|semaphore|latch|barrier|stop_token|fstream|filesystem"
    r"|iostream|unistd\.h|fcntl\.h|poll\.h|pthread\.h|sys/.*|netinet/.*|arpa/.*|caf/.*|rocksdb/.*|boost/asio.*|boost/beast.*)"
)
IMPURE_CODE = [
    r"::now\(",
    r"\bgetenv\(",
    r"\b(gettimeofday|clock_gettime|localtime|localtime_r|mktime)\(",
    r"\btime\((nullptr|NULL|0)\)",
    r"\b(fopen|popen|system|fork|socket)\(",
    r"\bstd::(cout|cerr|cin|clog)\b",
    r"\brandom_device\b",
    r"\bstd::(rand|srand)\(",
]

LONGEST_FILE = 500
# Spelt in halves, or this file would break its own rules.
MARKS = re.compile(r"\b(" + "|".join(["TO" "DO", "FIX" "ME", "XX" "X", "HA" "CK"]) + r")\b")
MACHINE_PATHS = re.compile("(?<![\\w.-])(/wo" "rk/(wt|main|shared)|/ro" "ot/|/tmp/bash" "_jobs)")

SOURCE = (".cpp", ".hpp")
TEXT = SOURCE + (".py", ".sh", ".lua", ".ts", ".tsx", ".css", ".html", ".md", ".txt", ".cmake", ".json", ".toml", ".yaml",
                 ".yml", ".go", ".js", "")
LENGTH_LIMITED = SOURCE + (".py", ".sh", ".lua", ".ts", ".tsx", ".css")
SKIPPED_FOLDERS = {".git", "build", "node_modules", "dist", "__pycache__", ".ccache"}


def read_tree(root):
    """Every text file of the repository, but test data (others wrote it) and what a build leaves behind."""
    tree = {}
    for folder, folders, files in os.walk(root):
        here = os.path.relpath(folder, root)
        folders[:] = [f for f in folders if f not in SKIPPED_FOLDERS and not f.startswith("build")
                      and os.path.normpath(os.path.join(here, f)) != os.path.join("tests", "data")]
        for name in files:
            path = os.path.normpath(os.path.join(here, name)).replace(os.sep, "/")
            if os.path.splitext(name)[1] not in TEXT or name == ".git" or name.endswith("lock.json"):
                continue
            try:
                with open(os.path.join(root, path), encoding="utf-8") as file:
                    tree[path] = file.read()
            except (UnicodeDecodeError, FileNotFoundError):
                continue  # A binary without an extension, or a file that a running test has just removed.
    return tree


def sources(tree, *folders):
    """Path and text of the C++ files below these folders; of all boxes when none is named."""
    folders = folders or tuple(BOXES)
    for path in sorted(tree):
        if path.endswith(SOURCE) and any(path.startswith(folder + "/") for folder in folders):
            yield path, tree[path]


def box_of(path):
    return next((box for box in BOXES if path.startswith(box + "/")), None)


def includes(text):
    """Line number, name, and whether it is ours ("...") rather than <...>, of each include."""
    for number, line in enumerate(text.splitlines(), 1):
        found = re.match(r'\s*#\s*include\s*(?:"([^"]+)"|<([^>]+)>)', line)
        if found:
            yield number, found[1] or found[2], found[1] is not None


def code_lines(text):
    """Line number and code of each line, with comments and the insides of strings and characters blanked."""
    blank = lambda found: re.sub(r"[^\n]", " ", found[0])
    token = r'//[^\n]*|/\*.*?\*/|R"(\w*)\(.*?\)\1"|"(?:\\.|[^"\\\n])*"|(?<![\w])\'(?:\\.|[^\'\\\n])+\''
    return enumerate(re.sub(token, blank, text, flags=re.S).splitlines(), 1)


def reachable(box):
    boxes = {box}
    for below in BOXES[box]:
        boxes |= reachable(below)
    return boxes


def arrows_point_down(tree):
    complaints = []
    for path, text in sources(tree):
        box = box_of(path)
        for line, name, ours in includes(text):
            target = box_of(name)
            if not ours or target in reachable(box) or name in PORTS.get(box, []):
                continue
            if target is None:
                complaints.append(f'{path}:{line}: includes "{name}"; write ours from the root ("runtime/base/result.hpp") '
                                  "and others' in angle brackets")
            else:
                complaints.append(f"{path}:{line}: {box} includes {name}; it may include only itself and "
                                  + ", ".join(sorted(reachable(box) - {box}) or ["nothing"]))
    return complaints


def runtime_is_pure(tree):
    complaints = []
    for path, text in sources(tree, "runtime"):
        for line, name, ours in includes(text):
            if not ours and re.fullmatch(IMPURE_HEADERS, name):
                complaints.append(f"{path}:{line}: includes <{name}>; runtime/ decides, let persistence/ or actors/ do it")
        for line, code in code_lines(text):
            for pattern in IMPURE_CODE:
                found = re.search(pattern, code)
                if found:
                    complaints.append(f"{path}:{line}: uses {found[0]}; runtime/ is pure, take what you need as an argument")
    return complaints


def foreign_headers_stay_at_home(tree):
    complaints = []
    for path, text in sources(tree):
        for line, name, _ in includes(text):
            for pattern, owners in OWNERS.items():
                if re.match(pattern, name) and box_of(path) not in owners:
                    complaints.append(f"{path}:{line}: includes <{name}>, which is for {', '.join(owners)} only; "
                                      "reach it through a plain header there")
    return complaints


def headers_introduce_themselves(tree):
    complaints = []
    for path, text in sources(tree):
        if path.endswith(".hpp") and not text.startswith("//"):
            complaints.append(f"{path}:1: begins without a comment; say what it is for, its invariant, its thread contract")
        if path.endswith(".hpp") and "#pragma once" not in text:
            complaints.append(f"{path}:1: has no #pragma once")
    return complaints


def own_header_comes_first(tree):
    complaints = []
    for path, text in sources(tree):
        header = path[:-len(".cpp")] + ".hpp"
        if not path.endswith(".cpp") or header not in tree:
            continue
        first = next(includes(text), None)
        if first is None or first[1] != header:
            complaints.append(f'{path}:1: does not include "{header}" first, so the header is never tried alone')
    return complaints


def files_are_short(tree):
    complaints = []
    for path, text in sorted(tree.items()):
        lines = text.count("\n")
        if path.endswith(LENGTH_LIMITED) and lines > LONGEST_FILE:
            complaints.append(f"{path}: has {lines} lines; find the seam and split it at {LONGEST_FILE}")
    return complaints


def matching_lines(tree, pattern, cure):
    return [f"{path}:{number}: {pattern.search(line)[0]}; {cure}" for path, text in sorted(tree.items())
            for number, line in enumerate(text.splitlines(), 1) if pattern.search(line)]


def nothing_is_left_for_later(tree):
    return matching_lines(tree, MARKS, "finish it, or open an issue and leave the code whole")


def no_path_of_one_machine(tree):
    return matching_lines(tree, MACHINE_PATHS, "name a path relative to the repository or make it an option")


# An Error as it is written where it is given: code, detail, and an empty cure.
NO_CURE = re.compile(r'ErrorCode::\w+,\s*(?:[^;{}]|\{[^{}]*\})*?,\s*(?:\{\}|"")\}')


def what_users_are_answered_has_a_cure(tree):
    return [f"{path}:{text[:found.start()].count(chr(10)) + 1}: has an error without a cure; say what the reader can do"
            for path, text in sources(tree, "gateway/api", "actors", "runtime/engine")
            if not path.startswith("actors/testing/") for found in NO_CURE.finditer(text)]


def every_error_has_its_page(tree):
    table = tree["runtime/base/error_codes.hpp"]
    titles = dict(re.findall(r'X\(\w+,\s*"(\w+)",\s*\d+,\s*\\?\s*"([^"]*)"\)', table))
    complaints = [] if titles else ["runtime/base/error_codes.hpp: no code was found; has the table another form now?"]
    for code, title in titles.items():
        page = tree.get(f"docs/errors/{code}.md")
        if page is None:
            complaints.append(f"docs/errors/{code}.md: is missing; write the cause and the cure of \"{title}\"")
            continue
        if not page.startswith(f"# {code}: {title}\n"):
            complaints.append(f'docs/errors/{code}.md:1: does not begin with "# {code}: {title}"')
        for part in ("**Cause.**", "**Cure.**"):
            if part not in page:
                complaints.append(f"docs/errors/{code}.md: has no {part}")
    for path in sorted(tree):
        page = re.fullmatch(r"docs/errors/(BT\w+)\.md", path)
        if page and page[1] not in titles:
            complaints.append(f"{path}: no error has this code; a code that is gone keeps its row in the table")
    return complaints
