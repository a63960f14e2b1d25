# SPDX-License-Identifier: MIT
"""Compares the ids of Hugging Face's tokenizers, with a tokenizer.json that the library wrote, with those of a file of
cases, and the texts of these ids if the cases have them.

usage: written_tokenizer.py WRITTEN.json CASES.json
"""
import json
import pathlib
import sys

from tokenizers import Tokenizer


def main():
    tokenizer = Tokenizer.from_file(sys.argv[1])
    cases = json.loads(pathlib.Path(sys.argv[2]).read_text(encoding="utf-8"))
    ids = [tokenizer.encode(text, add_special_tokens=False).ids for text in cases["texts"]]
    different = [text for text, mine, given in zip(cases["texts"], ids, cases["ids"]) if mine != given]
    print(f"{pathlib.Path(sys.argv[1]).name} in Hugging Face's tokenizers: {len(different)} of {len(ids)} differ")
    for text in different[:5]:
        print(f"  {text!r}")
    if "decoded" in cases:
        texts = [tokenizer.decode(one, skip_special_tokens=False) for one in cases["ids"]]
        wrong = sum(text != given for text, given in zip(texts, cases["decoded"]))
        print(f"  texts of ids: {wrong} of {len(texts)} differ")
        different += [""] * wrong
    sys.exit(1 if different or not ids else 0)


if __name__ == "__main__":
    main()
