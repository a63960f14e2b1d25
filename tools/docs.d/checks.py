# SPDX-License-Identifier: MIT
"""What can be checked without running anything: links, headings, the length of pages, pages that comments name."""
import pathlib
import re
import subprocess

MOST_WORDS = 900
NAMED = re.compile(r"(?<![\w/.-])((?:docs|bench)/[\w./-]+\.md)(#[\w-]+)?")


def listed(root, *patterns):
    """Files that git knows or would add."""
    names = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard", "--", *patterns],
        cwd=root, check=True, capture_output=True, text=True).stdout.split("\0")
    return sorted({root / name for name in names if name and (root / name).is_file()})


def check_links(root, pages):
    """Yields (path, line, what) for each link that leads nowhere."""
    for page in pages.values():
        for line, target in page.links:
            if re.match(r"^[a-z][a-z0-9+.-]*:", target):
                continue  # another site, which is not asked
            name, _, anchor = target.partition("#")
            path = (page.path.parent / name).resolve() if name else page.path
            if not path.exists():
                yield page.path, line, f"there is no {target}"
            elif root not in path.parents and path != root:
                yield page.path, line, f"{target} is outside of the repository"
            elif anchor and path in pages and anchor not in pages[path].anchors:
                yield page.path, line, f"{name or page.path.name} has no heading #{anchor}"
            elif anchor and path not in pages:
                yield page.path, line, f"{target} is no page, so it has no headings"


def check_length(root, pages):
    """Yields pages below docs, those of reference left out, that are longer than two screens."""
    docs = root / "docs"
    for page in pages.values():
        inside = docs in page.path.parents and docs / "reference" not in page.path.parents
        if inside and page.words > MOST_WORDS:
            yield page.path, 1, f"{page.words} words, but a page has at most {MOST_WORDS}"


def check_named_pages(root, pages):
    """Yields pages that comments in sources and scripts name, but that are not there."""
    sources = listed(root, "*.hpp", "*.cpp", "*.inc", "*.txt", "*.cmake", "*.py", "*.yml", "tools/*", "examples/*")
    for source in sources:
        if source.suffix == ".md":
            continue
        try:
            text = source.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue
        for number, line in enumerate(text.split("\n"), 1):
            for found in NAMED.finditer(line):
                path = root / found[1]
                if path not in pages:
                    yield source, number, f"there is no {found[1]}"
                elif found[2] and found[2][1:] not in pages[path].anchors:
                    yield source, number, f"{found[1]} has no heading {found[2]}"


def check_marks(pages):
    for page in pages.values():
        for line, what in page.errors:
            yield page.path, line, what
        for block in page.blocks:
            if block.mark == "help" and not block.argument:
                yield page.path, block.line, "the mark 'help' names no program"
            if block.mark == "compile-only" and block.language != "cpp":
                yield page.path, block.line, f"a block of '{block.language}' cannot be compiled"


def relative(root, path):
    path = pathlib.Path(path)
    return path.relative_to(root) if root in path.parents else path
