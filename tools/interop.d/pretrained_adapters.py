#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Exports random scores upon a model in GGUF, and compares with what PEFT, transformers and llama.cpp make of them.

usage: pretrained_adapters.py smollm2|gemma3 MODEL.gguf PROGRAM WORK   PROGRAM is tools/interop.d/pretrained_logits.cpp

llama.cpp reads the file as it is and a copy in F32. Upon the copy it computes what we do. Upon the quantised file it
also rounds activations to 8 bits, so there the change that the adapter makes is compared. Roundings with and without
the adapter have little to do with each other: both changes may be apart by 1.4 times what the rounding does to the base's
logits (root mean squares; twice is allowed), but theirs must be ours in size and direction (the factor of ours in it
between 0.9 and 1.1).
"""
import sys
from pathlib import Path

import llama_cpp
import numpy as np
from peft import PeftModel
from transformers import AutoModelForCausalLM
from transformers.utils import logging

import gguf_models
import pretrained

RANK = "8"


def rms(values):
    return float(np.sqrt(np.mean(np.square(values, dtype=np.float64))))


def load_llama(path, adapter=None):
    f32 = 0  # ggml's number of the type; keys and values are F16 otherwise
    return llama_cpp.Llama(str(path), lora_path=None if adapter is None else str(adapter), n_ctx=1024, n_batch=1024,
                           n_ubatch=1024, logits_all=True, type_k=f32, type_v=f32, flash_attn=False, verbose=False)


def llama_logits(llama, ids):
    llama.reset()
    llama.eval([int(i) for i in ids])
    return llama.scores[:len(ids)].copy()


def compare_exports(what, ours, base, out, limit):
    """PEFT and the merged folder; returns whether all is well."""
    print(f"{what}: the adapter changes logits by up to "
          f"{max(np.abs(a.logits - b.logits).max() for a, b in zip(ours, base)):.2f}, "
          f"{sum((a.greedy == b.greedy).all() for a, b in zip(ours, base))} of {len(ours)} greedy texts are as before")
    load = lambda folder: AutoModelForCausalLM.from_pretrained(folder, dtype="float32").eval()
    good = pretrained.compare_with_torch("  merged", ours, load(out / "merged"), limit)
    peft = PeftModel.from_pretrained(load(out.parent / "huggingface"), out / "peft").eval()
    empty = [key for key, value in peft.named_parameters() if "lora_B" in key and not value.any()]
    if empty:
        print("  PEFT did not load", *empty, "WRONG")
    return pretrained.compare_with_torch("  PEFT", ours, peft, limit) and good and not empty


def compare_float(ours, base, copy, adapter, limit):
    """llama.cpp on the F32 copy."""
    good = []
    for name, answers, llama in (("  llama.cpp base", base, load_llama(copy)),
                                 ("  llama.cpp LoRA", ours, load_llama(copy, adapter))):
        good += [pretrained.compare(f"{name} {i}", one, lambda ids: llama_logits(llama, ids), limit)
                 for i, one in enumerate(answers)]
    return all(good)


def compare_quantized(ours, base, model, adapter):
    """llama.cpp on the file as it is."""
    def centred(logits, rows=0):  # a number that is added to all logits of a token changes nothing
        return logits[-rows:] - logits[-rows:].mean(axis=1, keepdims=True)
    plain, adapted = load_llama(model), load_llama(model, adapter)
    before = np.concatenate([centred(llama_logits(plain, one.ids), len(one.logits)) for one in base])
    after = np.concatenate([centred(llama_logits(adapted, one.ids), len(one.logits)) for one in base])
    expected = np.concatenate([centred(one.logits) for one in base])
    change = np.concatenate([centred(one.logits) for one in ours]) - expected
    rounding, apart = rms(before - expected), rms(after - before - change)
    factor = float(np.vdot(after - before, change) / np.vdot(change, change))
    good = apart <= 2 * rounding and 0.9 <= factor <= 1.1
    print(f"  llama.cpp on the quantised file: our adapter changes logits by {rms(change):.3f} (rms), llama.cpp's by "
          f"{factor:.3f} times that and {apart:.3f} of rounding; the base's logits differ by {rounding:.3f}"
          f"{'' if good else ' WRONG'}")
    return good


def main():
    logging.disable_progress_bar()
    name, model, program, work = sys.argv[1], sys.argv[2], sys.argv[3], Path(sys.argv[4])
    # Without the long prompt: llama.cpp keeps the logits of all tokens.
    texts, limit = pretrained.prompts(name, long=False), pretrained.MODELS[name].limit
    base = pretrained.our_answers(program, model, work / "base", texts)
    gguf_models.torch_model(model).save_pretrained(work / "huggingface")
    copy = work / "float.gguf"
    gguf_models.write_float_copy(model, copy)
    good = True
    for words, pattern in (("all weights", "*"), ("all layers", "blocks.*")):
        out = work / words.replace(" ", "-")
        ours = pretrained.our_answers(program, model, out, texts, work / "huggingface", pattern, RANK)
        good = compare_exports(words, ours, base, out, limit) and good
    good = compare_float(ours, base, copy, out / "adapter.gguf", limit) and good
    return compare_quantized(ours, base, model, out / "adapter.gguf") and good


if __name__ == "__main__":
    if len(sys.argv) != 5 or sys.argv[1] not in pretrained.MODELS:
        sys.exit(__doc__)
    sys.exit(0 if main() else 1)
