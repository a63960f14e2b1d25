# SPDX-License-Identifier: MIT
"""What transformers answers, stored as JSON, so that our answers can be checked without torch and in no time.

The file is a list, one object a prompt: `prompt`, its `ids` by a tokenizer that is not ours, the `greedy` tokens that
transformers' generate adds, and for the last `rows` tokens of the prompt and all but the last greedy one, row by row:
the largest logits with their tokens (`top`, `top_logits`) and the `log_sums` of all exponentials.
"""
import json

import numpy as np
import torch

import pretrained


def answer(model, text, ids):
    rows = min(len(ids), pretrained.ROWS)
    given = torch.tensor(ids)[None]
    model.generation_config.eos_token_id = None  # all texts are of one length
    with torch.no_grad():
        greedy = model.generate(given, attention_mask=torch.ones_like(given), max_new_tokens=pretrained.GREEDY,
                                do_sample=False, pad_token_id=0)[0, len(ids):].tolist()
        logits = torch.tensor(pretrained.torch_logits(model, ids + greedy[:-1], rows + len(greedy) - 1))
        top = logits.topk(pretrained.STORED_TOP)
        sums = logits.logsumexp(dim=1)
    return {"prompt": text, "ids": ids, "greedy": greedy, "rows": rows, "top": top.indices.tolist(),
            "top_logits": [[round(value, 5) for value in row] for row in top.values.tolist()],
            "log_sums": [round(value, 5) for value in sums.tolist()]}


def write(model, encode, texts, target):
    answers = []
    for text in texts:
        answers.append(answer(model, text, encode(text)))
        print(f"{len(answers)} of {len(texts)} prompts answered by transformers", flush=True)
    target.write_text(json.dumps(answers, ensure_ascii=False))
    print(f"{target}: {len(answers)} prompts, {sum(len(one['ids']) for one in answers)} tokens", flush=True)


def are_of(texts, path):
    """Whether a file holds the answers to these prompts."""
    return path.exists() and [one["prompt"] for one in json.loads(path.read_text())] == texts


def greedy_words(ours, stored, limit):
    """Whether our greedy text is transformers', or parts from it at a tie; and a word about it."""
    differing = np.flatnonzero(ours.greedy != stored["greedy"])
    if not differing.size:
        return True, f"{len(ours.greedy)} greedy tokens equal"
    first = int(differing[0])
    row = stored["rows"] - 1 + first
    tokens, logits = stored["top"][row], stored["top_logits"][row]
    ours_here = int(ours.greedy[first])
    below = logits[0] - logits[tokens.index(ours_here)] if ours_here in tokens else float("inf")
    good = below <= 2 * limit
    return good, f"greedy texts part at token {first}, {below:.1e} below the likeliest ({'a tie' if good else 'WRONG'})"


def compare(name, ours, stored, limit):
    """Compares all prompts with the stored answers; prints, returns whether they agree."""
    if len(ours) != len(stored):
        raise SystemExit(f"{name}: {len(ours)} of our answers, {len(stored)} stored")
    agree = True
    for i, (one, wanted) in enumerate(zip(ours, stored)):
        if one.ids.tolist() != wanted["ids"] or len(one.logits) != wanted["rows"]:
            print(f"{name} {i}: other tokens, or {len(one.logits)} rows of logits, not {wanted['rows']} WRONG")
            agree = False
            continue
        rows = slice(wanted["rows"])
        taken = np.take_along_axis(one.logits, np.array(wanted["top"])[rows], axis=1)
        apart = float(np.abs(taken - np.array(wanted["top_logits"])[rows]).max())
        largest = one.logits.max(axis=1, keepdims=True).astype(np.float64)
        sums = np.log(np.exp(one.logits - largest).sum(axis=1)) + largest[:, 0]
        sums_apart = float(np.abs(sums - np.array(wanted["log_sums"])[rows]).max())
        good, words = greedy_words(one, wanted, limit)
        good = good and max(apart, sums_apart) <= limit
        print(f"{name + ' ' + str(i):18} {len(one.ids):4} tokens, {pretrained.STORED_TOP} largest logits of "
              f"{wanted['rows']} differ by {apart:.1e}, log-sums by {sums_apart:.1e}, {words}{'' if good else ' WRONG'}")
        agree = agree and good
    return agree
