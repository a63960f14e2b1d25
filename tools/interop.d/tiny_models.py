# SPDX-License-Identifier: MIT
"""Logits by llama.cpp of the tiny models in GGUF of tests/data/fixtures/models beside those of transformers: that the
files say what they should, for they were made by a script.

llama.cpp takes longrope's factors by the length of its context, not of the text, so only long texts are compared; and
it knows no windows of Phi-3, so there only the tokens within one.
"""
import pathlib
import sys

import llama_cpp
import numpy as np
from safetensors.numpy import load_file

LIMIT = 1e-4
WITHOUT_WINDOW = {"phi3": 8}  # tokens within a window


def llama_logits(path, sequences):
    """Logits of each sequence, one below the other."""
    f32 = 0  # ggml's number of the type; keys and values are F16 otherwise
    llama = llama_cpp.Llama(str(path), n_ctx=64, logits_all=True, type_k=f32, type_v=f32, flash_attn=False,
                            verbose=False)
    rows = []
    for ids in sequences:
        llama.reset()
        llama.eval(ids.tolist())
        rows.append(llama.scores[:len(ids)].copy())
    return np.concatenate(rows)


def main():
    folder = pathlib.Path(__file__).resolve().parents[2] / "tests" / "data" / "fixtures" / "models"
    good = True
    for path in sorted(folder.glob("*/model.gguf")):
        name, expected = path.parent.name, load_file(path.parent / "expected.safetensors")
        logits = expected.get("gguf.logits", expected["logits"])
        actual = llama_logits(path, expected["tokens"])
        length = expected["tokens"].shape[1]
        compared = np.arange(len(logits)) % length < WITHOUT_WINDOW.get(name, length)
        apart = float(np.abs(actual - logits)[compared].max())
        print(f"{name:16} {compared.sum()} tokens, logits differ by {apart:.1e}{'' if apart <= LIMIT else ' WRONG'}",
              flush=True)
        good = good and apart <= LIMIT
    return good


if __name__ == "__main__":
    sys.exit(0 if main() else 1)
