# SPDX-License-Identifier: MIT
"""Pages of Markdown: headings, links and code blocks, as GitHub reads them."""
import dataclasses
import pathlib
import re

MARKS = ("no-run", "compile-only", "help")


@dataclasses.dataclass
class Block:
    """A fenced block. `mark` is what a comment `<!-- docs: ... -->` right before it says."""

    language: str
    line: int  # of the opening fence, counted from 1
    text: str
    mark: str = ""
    argument: str = ""  # of the mark: the program of "help"


@dataclasses.dataclass
class Page:
    path: pathlib.Path
    text: str
    anchors: set = dataclasses.field(default_factory=set)
    links: list = dataclasses.field(default_factory=list)  # (line, target)
    blocks: list = dataclasses.field(default_factory=list)
    errors: list = dataclasses.field(default_factory=list)  # (line, what)
    words: int = 0


def slug(heading):
    """The anchor that GitHub gives a heading."""
    text = re.sub(r"!?\[([^\]]*)\]\([^)]*\)", r"\1", heading).replace("`", "").strip().lower()
    return re.sub(r"[^\w\- ]", "", text).replace(" ", "-")


def read(path):
    page = Page(path, path.read_text(encoding="utf-8"))
    block, fence, mark = None, "", None
    seen = {}
    for number, line in enumerate(page.text.split("\n"), 1):
        opening = re.match(r"^ {0,3}(```+|~~~+)\s*([^`\s]*)", line)
        if block is not None:
            if opening and opening[1].startswith(fence) and not opening[2]:
                page.blocks.append(block)
                block = None
            else:
                block.text += line + "\n"
                page.words += count_words(line)
            continue
        comment = re.match(r"^<!-- docs: ([\w-]+) ?([\w-]*) -->$", line.strip())
        if opening:
            fence = opening[1]
            block = Block(opening[2].lower(), number, "", *(mark[1:] if mark else ()))
            mark = None
        elif comment:
            mark = (number, comment[1], comment[2])
            if comment[1] not in MARKS:
                page.errors.append((number, f"unknown mark '{comment[1]}'; there are {', '.join(MARKS)}"))
        elif mark and line.strip():
            page.errors.append((mark[0], "this mark stands before no block"))
            mark = None
        if opening or comment:
            continue
        page.words += count_words(re.sub(r"<!--.*?-->", "", line))
        heading = re.match(r"^#{1,6}\s+(.*?)\s*#*$", line)
        if heading:
            anchor = slug(heading[1])
            seen[anchor] = seen.get(anchor, -1) + 1
            page.anchors.add(anchor if seen[anchor] == 0 else f"{anchor}-{seen[anchor]}")
        prose = re.sub(r"(`+).+?\1", lambda code: "`" * len(code[0]), line)
        for target in re.findall(r"\]\(\s*<?([^)\s>]+)>?(?:\s+\"[^\"]*\")?\s*\)", prose):
            page.links.append((number, target))
        reference = re.match(r"^ {0,3}\[[^\]]+\]:\s+<?(\S+?)>?\s*$", prose)
        if reference:
            page.links.append((number, reference[1]))
    if block is not None:
        page.errors.append((block.line, "this block has no end"))
    return page


def count_words(line):
    return sum(1 for word in line.split() if any(c.isalnum() for c in word))
