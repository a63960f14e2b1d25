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

# A block without main is a fragment: it becomes the body of this main. Its includes move to the top.
FRAGMENT = """#include <ampsft/finetune.hpp>

#include <cstdio>
#include <string>
#include <vector>
{includes}
int main() {{
  auto model = ampsft::LanguageModel::load("{model}");
  const auto data = model.dataset("train.jsonl");
  {{
#line {line} "{page}"
{body}
  }}
}}
"""


def program(page, block):
    """The source of a block. Blocks that are only compiled stay as they are."""
    has_main = re.search(r"\bint main\(", block.text)
    if has_main or block.mark == "compile-only":
        return f'#line {block.line + 1} "{page.path}"\n{block.text}'
    lines = block.text.split("\n")
    includes = [line for line in lines if line.startswith("#include")]
    body = ["" if line.startswith("#include") else line for line in lines]
    return FRAGMENT.format(includes="\n".join(includes), model=MODEL, line=block.line + 1, page=page.path,
                           body="\n".join(body))


def compile_block(root, build, folder, page, block):
    """Compiles one block; returns what went wrong, or nothing."""
    source = folder / f"block{block.line}.cpp"
    source.write_text(program(page, block))
    command = [os.environ.get("CXX", "c++"), "-std=c++20", "-O1", "-g1", "-fopenmp", f"-I{root}/include",
               "-isystem", "/usr/include/eigen3", str(source)]
    if block.mark == "compile-only":
        command.append("-fsyntax-only")
    else:
        command += ["-DAMPSFT_INSTANCES", str(build / "libampsft_instances.a"), "-o", str(source.with_suffix(""))]
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
    chosen = []
    for page in pages:
        blocks = [b for b in page.blocks if b.language in ("cpp", "sh") and b.mark != "no-run"]
        if blocks:
            folder = work / str(page.path.relative_to(root)).replace("/", "-").removesuffix(".md")
            furnish(root, build, folder)
            chosen.append((page, blocks, folder))
    failures = {}
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        jobs = {pool.submit(compile_block, root, build, folder, page, block): (page, block)
                for page, blocks, folder in chosen for block in blocks if block.language == "cpp"}
        for job in concurrent.futures.as_completed(jobs):
            page, block = jobs[job]
            say(f"compiled {page.path.relative_to(root)}:{block.line}")
            if job.result():
                failures[page.path, block.line] = "does not compile: " + job.result()
    for page, blocks, folder in chosen:
        for block in blocks:
            failure = failures.get((page.path, block.line))
            if failure is None and block.language == "cpp" and block.mark != "compile-only":
                failure = run([str(folder / f"block{block.line}")], folder)
            elif failure is None and block.language == "sh":
                failure = run(["bash", "-euo", "pipefail", "-c", block.text], folder)
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
