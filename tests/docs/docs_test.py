#!/usr/bin/env python3
"""What the documents show is there: links lead somewhere, commands are taken by the program, blocks of JSON and TOML can be read.

docs_test.py BATON. (Lua is held to tested bundles by tests/actors/bundle_tests_test.cpp.)"""

import functools
import glob
import json
import os
import re
import subprocess
import sys
import tomllib
import unittest

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BATON = sys.argv.pop(1) if len(sys.argv) > 1 else os.path.join(ROOT, "build", "baton")
PAGES = ["README.md"] + sorted(os.path.relpath(page, ROOT) for page in glob.glob(ROOT + "/docs/**/*.md", recursive=True))


@functools.lru_cache
def text_of(page):
    with open(os.path.join(ROOT, page), encoding="utf-8") as file:
        return file.read()


def blocks(text, language):
    return re.findall(rf"^```{language}\n(.*?)^```", text, re.M | re.S)


def anchors(text):
    """As GitHub makes them of headings."""
    headings = re.findall(r"^#+ (.*)", re.sub(r"^```.*?^```", "", text, flags=re.M | re.S), re.M)
    return {re.sub(r"[^\w\- ]", "", heading.strip().lower()).replace(" ", "-") for heading in headings}


def broken_links(page, text):
    for link in re.findall(r"\]\(([^)\s]+)\)", text):
        path, _, anchor = link.partition("#")
        target = os.path.normpath(os.path.join(os.path.dirname(page), path)) if path else page
        if link.startswith(("http://", "https://")):
            continue
        if not os.path.exists(os.path.join(ROOT, target)):
            yield link
        elif anchor and anchor not in (anchors(text) if target == page else anchors(text_of(target))):
            yield link


def commands(text):
    """The arguments of each `baton ..` in a code block or between backticks."""
    shell = [line for block in blocks(text, "") for line in block.splitlines()]
    shell += re.findall(r"^    (.*)", text, re.M)
    for line in shell:
        yield from re.findall(r"(?:^|[|;&(]) *baton ([^|;&)#]*)", line)
    yield from re.findall(r"`baton ([^`]*)`", text)


@functools.lru_cache
def help_of(verbs):
    shown = subprocess.run([BATON, *verbs, "--help"], capture_output=True, text=True, check=True).stdout
    return set(re.findall(r"^  ([a-z-]+)  ", shown.partition("Subcommands:")[2], re.M)), set(re.findall(r"--[a-z-]+", shown))


def unknown_words(command):
    """The verb and the flags that `baton --help` and its like do not name."""
    verbs, flags = (), []
    for word in command.split():
        known, _ = help_of(verbs)
        if word.startswith("--") and len(word) > 2:
            flags.append(re.match(r"--[a-z-]*", word)[0])
        elif word in known:
            verbs += (word,)
        elif not verbs and not flags and re.fullmatch(r"[a-z-]+", word):
            yield word
    known = help_of(verbs)[1] | help_of(())[1] | {"--option"}  # Which stands for any.
    yield from (flag for flag in flags if flag not in known)


class Documents(unittest.TestCase):
    def found(self, check, at_least):
        complaints, seen = [], 0
        for page in PAGES:
            for thing in check[0](text_of(page)):
                seen += 1
                complaints += [f"{page}: {complaint}" for complaint in check[1](thing)]
        self.assertEqual(complaints, [], "\n" + "\n".join(complaints))
        self.assertGreater(seen, at_least)

    def test_links_lead_somewhere(self):
        complaints = [f"{page}: {link}" for page in PAGES for link in broken_links(page, text_of(page))]
        self.assertEqual(complaints, [])
        self.assertEqual(list(broken_links("docs/FORMS.md", "[a](B.md) [b](#c) [d](errors/BT101.md#no)")), ["B.md", "#c", "errors/BT101.md#no"])
        self.assertEqual(list(broken_links("docs/FORMS.md", "# The c\n[b](#the-c) [d](errors/BT101.md) [e](https://x.example/#y)")), [])

    def test_commands_are_those_of_the_program(self):
        self.found((commands, lambda command: [f"'baton {command}' has {word}" for word in unknown_words(command)]), 150)
        self.assertEqual(list(unknown_words("tasks decide ID yes --reeson x")), ["--reeson"])
        self.assertEqual(list(unknown_words("taks --json")), ["taks"])
        self.assertEqual(list(commands("```\nbaton ls  # all\nx | baton send hl7 -\n```\n`baton why ID`")), ["ls  ", "send hl7 -", "why ID"])

    def test_json_and_toml_can_be_read(self):
        def complaints(read):
            def of(block):
                try:
                    read(block)
                except ValueError as error:
                    yield str(error)
            return of

        def lines_or_whole(block):
            lines = block.splitlines()
            if len(lines) > 1 and all(line.startswith("{") and line.endswith("}") for line in lines):
                return [json.loads(line) for line in lines]
            return json.loads(block)

        self.found((lambda text: blocks(text, "json"), complaints(lines_or_whole)), 3)
        self.found((lambda text: blocks(text, "toml"), complaints(tomllib.loads)), 3)
        self.assertEqual(len(list(complaints(json.loads)("{"))), 1)


if __name__ == "__main__":
    unittest.main()
