# SPDX-License-Identifier: MIT
"""The pretrained models of tools/interop and the prompts with which they are asked; the answers of
tools/interop.d/pretrained_logits.cpp beside those of another tool, now or stored."""
import importlib
import json
import pathlib
import subprocess
from dataclasses import dataclass

import numpy as np
import torch
from safetensors.numpy import load_file

GREEDY = 64      # tokens that pretrained_logits continues a prompt with
ROWS = 256       # the last tokens of a prompt, whose logits are stored
STORED_TOP = 8   # logits of a token that are stored


@dataclass
class Known:
    begin: str     # what a text begins with
    chat: str      # a turn of the user, and the beginning of the answer
    long: int      # records of examples/data that the long prompt is made of; 0: there is none
    limit: float   # largest difference of a logit


MODELS = {
    "smollm2": Known("", "<|im_start|>user\n{}<|im_end|>\n<|im_start|>assistant\n", 0, 2e-3),
    "gemma3": Known("<bos>", "<start_of_turn>user\n{}<end_of_turn>\n<start_of_turn>model\n", 38, 2e-3),
}


@dataclass
class Answer:
    ids: np.ndarray
    logits: np.ndarray  # tokens x vocabulary; of the last tokens of a long prompt
    greedy: np.ndarray


def long_text(records):
    path = pathlib.Path(__file__).resolve().parents[2] / "examples" / "data" / "train.jsonl"
    lines = path.read_text().splitlines()[:records]
    return "\n".join(message["content"] for line in lines for message in json.loads(line)["messages"])


def prompts(name, long=True):
    """Six prompts, and for models with windows one that is longer than several of them (about 1,500 tokens)."""
    known = MODELS[name]
    texts = [
        "The capital of France is",
        known.chat.format("Why is the sky blue? Answer in two sentences."),
        "def fibonacci(n):\n    if n < 2:\n        return n\n",
        "Die Katze schläft auf dem Sofa, während il pleut dehors. Привет, мир! 你好,世界 🙂👩‍👩‍👧",
        known.chat.format("List three uses of a paper clip.") + "1. Holding papers\n2.",
        "  \t\n\n   3.14159 + 2,718 = \n"
        + "It was a bright cold day in April, and the clocks were striking thirteen. " * 12,
    ]
    if known.long and long:
        texts.append(long_text(known.long))
    return [known.begin + text for text in texts]


def encoder_of(name, path):
    """A function from a text to its ids, by a tokenizer that is not ours."""
    return importlib.import_module(name + "_tokenizer").encoder_of(path)


def our_answers(program, model, out, texts, *adapter):
    """Runs pretrained_logits; one Answer a prompt."""
    out.mkdir(parents=True, exist_ok=True)
    path = out / "prompts.json"
    path.write_text(json.dumps(texts))
    subprocess.run([program, model, path, out, *adapter], check=True)
    stored = load_file(out / "logits.safetensors")
    return [Answer(*(stored[f"{i}.{part}"] for part in ("ids", "logits", "greedy"))) for i in range(len(texts))]


def torch_logits(model, ids, rows=0):
    """Logits of the last `rows` tokens; of all, where it is 0."""
    with torch.no_grad():
        return model(torch.tensor(ids)[None], logits_to_keep=rows).logits[0].numpy()


def same_greedy(ours, logits, limit):
    """Whether each token of our greedy text is the likeliest by a peer's `logits` (those of the prompt's last token and
    of all that follow), and a word about it: then the peer's text is the same. A token that is no further below than
    logits may differ is a tie, which is told and let pass."""
    gaps = logits.max(axis=1) - logits[np.arange(len(ours.greedy)), ours.greedy]
    first_two = np.partition(logits, -2, axis=1)[:, -2:]
    closest = float((first_two[:, 1] - first_two[:, 0]).min())
    words = f"closest second token {closest:.4f} below"
    if gaps.max() == 0:
        return True, f"{len(gaps)} greedy tokens equal ({words})"
    good = gaps.max() <= 2 * limit
    return good, f"greedy texts part at token {np.flatnonzero(gaps)[0]}, {gaps.max():.1e} below the likeliest " \
                 f"({'a tie' if good else 'WRONG'})"


def compare(name, ours, logits_of, limit):
    """Compares the answer to one prompt with the logits of a peer (of the last tokens at least); prints, returns whether
    they agree."""
    rows = len(ours.logits)
    theirs = logits_of(np.concatenate([ours.ids, ours.greedy[:-1]]))[-(rows + len(ours.greedy) - 1):]
    apart = float(np.abs(ours.logits - theirs[:rows]).max())
    good, words = same_greedy(ours, theirs[rows - 1:], limit)
    print(f"{name:18} {len(ours.ids):4} tokens, logits of {rows} differ by {apart:.1e}"
          f"{'' if apart <= limit else ' WRONG'}, {words}", flush=True)
    return good and apart <= limit


def compare_with_torch(name, ours, model, limit):
    """Compares all prompts; returns whether all agree."""
    return all([compare(f"{name} {i}", one, lambda ids: torch_logits(model, ids, len(one.logits) + len(one.greedy) - 1),
                        limit) for i, one in enumerate(ours)])
