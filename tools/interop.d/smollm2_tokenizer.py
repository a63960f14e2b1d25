# SPDX-License-Identifier: MIT
"""Builds Hugging Face's tokenizer out of the tokens and merges of a GGUF file of SmolLM2; its ids of varied lines, and
of chats rendered by the template in the file.

usage: smollm2_tokenizer.py MODEL.gguf COUNT CASES.json
"""
import json
import pathlib
import sys

import gguf
import jinja2
import numpy as np
from tokenizers import AddedToken, Tokenizer, models, pre_tokenizers

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "fixtures"))
import varied_text  # noqa: E402


def value_of(fields, key):
    return fields[key].contents()


def chats(random, count):
    """Chats of one to three questions with answers, some with a system message; texts that begin and end with letters."""
    words = varied_text.lines(random, 8 * count)
    result = []
    for _ in range(count):
        messages = [{"role": "system", "content": "x" + words.pop() + "x"}] if random.random() < 0.5 else []
        for _ in range(random.integers(1, 4)):
            messages.append({"role": "user", "content": "x" + words.pop() + "x"})
            messages.append({"role": "assistant", "content": "x" + words.pop() + "x"})
        result.append(messages)
    return result


def tokenizer_of(path):
    """The tokenizer, its control tokens and the template of chats."""
    fields = gguf.GGUFReader(path).fields

    def value(key):
        return value_of(fields, "tokenizer.ggml." + key)

    if (value("model"), value("pre")) != ("gpt2", "smollm"):
        sys.exit(f"{path}: its tokenizer is not that of SmolLM")
    tokens = value("tokens")
    merges = [tuple(merge.split(" ", 1)) for merge in value("merges")]
    tokenizer = Tokenizer(models.BPE({token: id for id, token in enumerate(tokens)}, merges))
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.Digits(individual_digits=True), pre_tokenizers.ByteLevel(add_prefix_space=False)])
    control = [token for token, kind in zip(tokens, value("token_type")) if kind == 3]
    tokenizer.add_special_tokens([AddedToken(token, normalized=False) for token in control])
    return tokenizer, control, jinja2.Environment().from_string(value_of(fields, "tokenizer.chat_template"))


def encoder_of(path):
    """A function from a text to its ids."""
    tokenizer = tokenizer_of(path)[0]
    return lambda text: tokenizer.encode(text, add_special_tokens=False).ids


def main():
    path, count, target = sys.argv[1], int(sys.argv[2]), sys.argv[3]
    tokenizer, control, template = tokenizer_of(path)
    texts = varied_text.lines(np.random.default_rng(1), count, control)
    ids = [tokenizer.encode(text, add_special_tokens=False).ids for text in texts]
    records = chats(np.random.default_rng(2), count // 20)
    chat_ids = [tokenizer.encode(template.render(messages=messages), add_special_tokens=False).ids
                for messages in records]
    pathlib.Path(target).write_text(json.dumps({"texts": texts, "ids": ids, "chats": records, "chat_ids": chat_ids}))
    print(f"{len(texts)} lines, {sum(map(len, texts))} characters, {sum(map(len, ids))} tokens")


if __name__ == "__main__":
    main()
