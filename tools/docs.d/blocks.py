# SPDX-License-Identifier: MIT
"""Compiles and runs the blocks of pages, on a tiny model in the place of the one that they name."""
import concurrent.futures
import json
import os
import re
import shutil
import subprocess

MODEL = "smollm2-135m-instruct.gguf"  # what pages call their model
SECONDS = 600

# A block without main is a fragment, the body of a function. All of them are one program, which is told which to run.
FRAGMENTS = """#include <ampsft/finetune.hpp>

#include <cstdio>
#include <string>
#include <vector>
{includes}
namespace {{
{functions}
}}  // namespace

int main(int, char** argv) {{
  const std::string which = argv[1];
{calls}
}}
"""
FRAGMENT = """void block_{number}() {{
  auto model = ampsft::LanguageModel::load("{model}");
  const auto data = model.dataset("train.jsonl");
  {{
#line {line} "{page}"
{body}
  }}
}}
"""


def is_fragment(block):
    return block.language == "cpp" and block.mark != "compile-only" and not re.search(r"\bint main\(", block.text)


def join_fragments(found):
    """The program of all fragments, pairs of a page and a block; argument `number` runs one."""
    includes, functions, calls = [], [], []
    for number, (page, block) in enumerate(found):
        lines = block.text.split("\n")
        includes += [line for line in lines if line.startswith("#include") and line not in includes]
        body = "\n".join("" if line.startswith("#include") else line for line in lines)
        functions.append(FRAGMENT.format(number=number, model=MODEL, line=block.line + 1, page=page.path, body=body))
        calls.append(f'  if (which == "{number}") block_{number}();')
    return FRAGMENTS.format(includes="\n".join(includes), functions="".join(functions), calls="\n".join(calls))


def compile_source(root, build, source, text, link=True):
    """Compiles a program; returns what went wrong, or nothing."""
    source.write_text(text)
    command = [os.environ.get("CXX", "c++"), "-std=c++20", "-O1", "-g1", "-fopenmp", f"-I{root}/include",
               "-isystem", "/usr/include/eigen3", "-DAMPSFT_INSTANCES", str(source)]
    command += [str(build / "libampsft_instances.a"), "-o", str(source.with_suffix(""))] if link else ["-fsyntax-only"]
    return run(command, root)


def run(command, folder):
    environment = dict(os.environ, OMP_WAIT_POLICY=os.environ.get("OMP_WAIT_POLICY", "passive"))
    try:
        done = subprocess.run(command, cwd=folder, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, timeout=SECONDS)
    except subprocess.TimeoutExpired:
        return f"it ran for more than {SECONDS} s"
    if done.returncode == 0:
        return None
    tail = done.stdout.decode(errors="replace").split("\n")[-30:]
    return f"exit code {done.returncode}\n" + "\n".join(tail)


def furnish(root, build, folder):
    """Puts what pages name into a folder: the model, records, the programs."""
    if folder.exists():
        shutil.rmtree(folder)
    fixture = root / "tests/data/fixtures/models/chat"
    (folder / "build/models").mkdir(parents=True)
    (folder / "examples/data").mkdir(parents=True)
    for place in (folder, folder / "build/models"):
        (place / MODEL).symlink_to(fixture)
    (folder / "model-folder").symlink_to(fixture)
    (folder / "build/demo").symlink_to(build)

    def chat(i):
        return {"messages": [{"role": "user", "content": f"what is {i}"},
                             {"role": "assistant", "content": f"it is {i * 7 % 10}"}]}

    for name, first, count in (("train.jsonl", 1, 40), ("validation.jsonl", 101, 8)):
        text = "".join(json.dumps(chat(i)) + "\n" for i in range(first, first + count))
        for place in (folder, folder / "examples/data"):
            (place / name).write_text(text)


def run_pages(root, build, pages, say):
    """Runs all blocks that are not marked otherwise, page by page in their order; yields (path, line, what)."""
    work = root / "build/docs"
    work.mkdir(parents=True, exist_ok=True)
    chosen = []
    for page in pages:
        blocks = [b for b in page.blocks if b.language in ("cpp", "sh") and b.mark != "no-run"]
        if blocks:
            folder = work / str(page.path.relative_to(root)).replace("/", "-").removesuffix(".md")
            furnish(root, build, folder)
            chosen.append((page, blocks, folder))
    fragments = [(page, block) for page, blocks, _ in chosen for block in blocks if is_fragment(block)]
    numbers = {(page.path, block.line): number for number, (page, block) in enumerate(fragments)}
    joined = None
    failures = {}
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        if fragments:
            joined = pool.submit(compile_source, root, build, work / "fragments.cpp", join_fragments(fragments))
        jobs = {}
        for page, blocks, folder in chosen:
            for block in blocks:
                if block.language == "cpp" and not is_fragment(block):
                    text = f'#line {block.line + 1} "{page.path}"\n{block.text}'
                    source = folder / f"block{block.line}.cpp"
                    link = block.mark != "compile-only"
                    jobs[pool.submit(compile_source, root, build, source, text, link)] = (page, block)
        for job in concurrent.futures.as_completed(jobs):
            page, block = jobs[job]
            say(f"compiled {page.path.relative_to(root)}:{block.line}")
            if job.result():
                failures[page.path, block.line] = "does not compile: " + job.result()
    if joined and joined.result():
        yield fragments[0][0].path, fragments[0][1].line, "the fragments do not compile: " + joined.result()
    for page, blocks, folder in chosen:
        for block in blocks:
            place = (page.path, block.line)
            failure = failures.get(place)
            if failure is None and block.language == "sh":
                failure = run(["bash", "-euo", "pipefail", "-c", block.text], folder)
            elif failure is None and place in numbers and not joined.result():
                failure = run([str(work / "fragments"), str(numbers[place])], folder)
            elif failure is None and place not in numbers and block.mark != "compile-only":
                failure = run([str(folder / f"block{block.line}")], folder)
            say(f"ran {page.path.relative_to(root)}:{block.line}")
            if failure:
                yield page.path, block.line, failure


def help_text(build, name):
    """What a program says of its options, under its own name and without blanks at the ends of lines."""
    done = subprocess.run([name, "--help"], executable=build / "examples" / name, capture_output=True, text=True,
                          check=True)
    return "\n".join(line.rstrip() for line in done.stdout.strip().split("\n")) + "\n"


def check_help(build, pages, update):
    """Compares blocks of options with what the programs say, or puts the latter there."""
    for page in pages:
        lines = page.text.split("\n")
        for block in reversed(page.blocks):
            if block.mark != "help":
                continue
            text = help_text(build, block.argument)
            if text == block.text:
                continue
            if update:
                lines[block.line:block.line + block.text.count("\n")] = text.split("\n")[:-1]
                page.path.write_text("\n".join(lines), encoding="utf-8")
            else:
                yield page.path, block.line, f"these are not the options of {block.argument}; tools/docs --update"
