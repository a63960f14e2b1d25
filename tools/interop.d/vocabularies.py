# SPDX-License-Identifier: MIT
"""Compares the library's ids with llama.cpp's for the vocabularies that llama.cpp's source carries: those of its own
tests (.inp and .out), and those of varied lines. Vocabularies that the library does not support must be refused by name.

usage: vocabularies.py COMPARE_TOKENIZER FOLDER COUNT
"""
import json
import pathlib
import re
import subprocess
import sys
import unicodedata

import gguf
import llama_cpp
import numpy as np

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "fixtures"))
import varied_text  # noqa: E402

SUPPORTED = ["baichuan", "command-r", "gpt-2", "llama-bpe", "llama-spm", "mpt", "phi-3", "qwen2", "refact", "starcoder"]
# Their models' own tokenizers bring text to the form C first, and so does the library; llama.cpp does not.
NORMALIZED = ["command-r", "mpt", "qwen2"]
# Their added tokens take the white space behind them: Unicode's in their models' own tokenizers and in the library,
# ASCII's in llama.cpp.
STRIPPING = ["phi-3"]
SEPARATOR = "\n__ggml_vocab_test__\n"


def own_cases(path):
    """Texts and ids of llama.cpp's own tests; none where there are none."""
    texts, ids = path.with_name(path.name + ".inp"), path.with_name(path.name + ".out")
    if not texts.exists():
        return [], []
    texts = texts.read_bytes().decode().removesuffix(SEPARATOR).split(SEPARATOR)
    ids = [[int(id) for id in line.split()] for line in ids.read_text().splitlines()]
    if len(texts) != len(ids):
        sys.exit(f"{path}: {len(texts)} texts and {len(ids)} lines of ids")
    return texts, ids


def missing_bytes(tokens):
    """Bytes that a vocabulary of GPT-2's byte alphabet lacks."""
    printable = [*range(0x21, 0x7f), *range(0xa1, 0xad), *range(0xae, 0x100)]
    others = [byte for byte in range(256) if byte not in printable]
    alphabet = {chr(byte): byte for byte in printable} | {chr(256 + i): byte for i, byte in enumerate(others)}
    return {byte for character, byte in alphabet.items() if character not in tokens}


def lines_of(name, count, added, missing):
    """Varied lines with added tokens, as they are or changed or fewer where llama.cpp is known to differ."""
    texts = varied_text.lines(np.random.default_rng(1), count, added)
    if missing:
        # The models' own tokenizers, and the library, leave them out before they merge, llama.cpp after.
        print(f"{name}: characters with the bytes {bytes(sorted(missing)).hex(' ')} left out", flush=True)
        texts = ["".join(c for c in text if missing.isdisjoint(c.encode())) for text in texts]
    if name in NORMALIZED:
        texts = [unicodedata.normalize("NFC", text) for text in texts]
    if name in STRIPPING:
        stripped = re.compile(f"(?:{'|'.join(map(re.escape, added))})[ \\t-\\r]*[^\\S \\t-\\r]")
        texts = [text for text in texts if not stripped.search(text)]
        print(f"{name}: {count - len(texts)} lines with other white space than ASCII's behind an added token left out",
              flush=True)
    return texts


def cases_of(path, name, count):
    """Ids by llama.cpp of its own tests, whose texts have no control tokens, and of varied lines with them."""
    model = llama_cpp.Llama(str(path), vocab_only=True, verbose=False)

    def ids_of(text, special):
        return model.tokenize(text.encode(), add_bos=False, special=special)

    plain_texts, expected = own_cases(path)
    wrong = sum(ids_of(text, False) != ids for text, ids in zip(plain_texts, expected))
    if wrong:
        sys.exit(f"{path}: llama.cpp differs from its own ids in {wrong} of {len(expected)} texts")
    fields = gguf.GGUFReader(path).fields
    tokens = fields["tokenizer.ggml.tokens"].contents()
    kinds = (gguf.TokenType.CONTROL, gguf.TokenType.USER_DEFINED)
    added = [token for token, kind in zip(tokens, fields["tokenizer.ggml.token_type"].contents()) if kind in kinds]
    in_bytes = fields["tokenizer.ggml.model"].contents() == "gpt2"
    texts = lines_of(name, count, added, missing_bytes(set(tokens)) if in_bytes else set())
    return {"plain_texts": plain_texts, "plain_ids": expected, "around": model.tokenize(b"", add_bos=True),
            "texts": texts, "ids": [ids_of(text, True) for text in texts]}


def name_of_kind(path):
    """What a refusal must name: the kind of model, or the pre-tokenizer."""
    fields = gguf.GGUFReader(path).fields
    model = fields["tokenizer.ggml.model"].contents()
    if model != "gpt2":
        return f'"{model}"'
    pre = fields.get("tokenizer.ggml.pre")
    return f'"{pre.contents()}"' if pre else "tokenizer.ggml.pre"


def is_refused(compare, path):
    # It is refused before the cases, which are none, would be read.
    result = subprocess.run([compare, path, "none.json"], capture_output=True, text=True, check=False)
    print(result.stdout + result.stderr, end="", flush=True)
    return result.returncode == 2 and name_of_kind(path) in result.stderr


def main():
    compare, folder, count = sys.argv[1], pathlib.Path(sys.argv[2]), int(sys.argv[3])
    failed = []
    for path in sorted(folder.glob("ggml-vocab-*.gguf")):
        name = path.stem.removeprefix("ggml-vocab-")
        if name in SUPPORTED:
            cases = folder / f"{name}.cases.json"
            cases.write_text(json.dumps(cases_of(path, name, count)))
            good = subprocess.run([compare, path, cases], check=False).returncode == 0
        else:
            good = is_refused(compare, path)
        if not good:
            failed.append(name)
    if failed:
        sys.exit(f"failed: {', '.join(failed)}")


if __name__ == "__main__":
    main()
