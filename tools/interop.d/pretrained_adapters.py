#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Exports random scores upon a model in GGUF, and compares with what PEFT, transformers and llama.cpp make of them.

usage: pretrained_adapters.py MODEL.gguf PROGRAM WORK   PROGRAM is tools/interop.d/pretrained_logits.cpp

llama.cpp reads the file as it is and a copy in F32. Upon the copy it computes what we do. Upon the quantised file it
also rounds activations to 8 bits, so there the change that the adapter makes is compared, within twice what the same
rounding does to the base's logits (root mean squares).
"""
import sys
from pathlib import Path

import llama_cpp
import numpy as np
from peft import PeftModel
from transformers import AutoModelForCausalLM

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


def llama_answer(llama, ids, count):
    logits = llama_logits(llama, ids)
    greedy = []
    for _ in range(count):
        greedy.append(int(llama.scores[llama.n_tokens - 1].argmax()))
        llama.eval(greedy[-1:])
    return pretrained.Answer(ids, logits, np.array(greedy))


def compare_exports(what, ours, base, out):
    """PEFT and the merged folder; returns whether all is well."""
    print(f"{what}: the adapter changes logits by up to "
          f"{max(np.abs(a.logits - b.logits).max() for a, b in zip(ours, base)):.2f}, "
          f"{sum((a.greedy == b.greedy).all() for a, b in zip(ours, base))} of {len(ours)} greedy texts are as before")
    load = lambda folder: AutoModelForCausalLM.from_pretrained(folder, dtype="float32").eval()
    good = pretrained.compare_with_torch("  merged", ours, load(out / "merged"))
    peft = PeftModel.from_pretrained(load(out.parent / "huggingface"), out / "peft").eval()
    empty = [key for key, value in peft.named_parameters() if "lora_B" in key and not value.any()]
    if empty:
        print("  PEFT did not load", *empty, "WRONG")
    return pretrained.compare_with_torch("  PEFT", ours, peft) and good and not empty


def compare_float(ours, base, copy, adapter):
    """llama.cpp on the F32 copy."""
    good = []
    for name, answers, llama in (("  llama.cpp base", base, load_llama(copy)),
                                 ("  llama.cpp LoRA", ours, load_llama(copy, adapter))):
        good += [pretrained.compare(f"{name} {i}", one, llama_answer(llama, one.ids, len(one.greedy)),
                                    lambda ids: llama_logits(llama, ids)[-1]) for i, one in enumerate(answers)]
    return all(good)


def compare_quantized(ours, base, model, adapter):
    """llama.cpp on the file as it is."""
    plain, adapted = load_llama(model), load_llama(model, adapter)
    good = []
    for i, (with_adapter, without) in enumerate(zip(ours, base)):
        before, after = llama_logits(plain, without.ids), llama_logits(adapted, without.ids)
        change = with_adapter.logits - without.logits
        rounding = rms(before - without.logits)
        apart = rms(after - before - change)
        good.append(apart <= 2 * rounding and apart < 0.5 * rms(change))
        print(f"  llama.cpp, quantised {i}: the adapter changes logits by {rms(change):.3f} (rms), its change and ours "
              f"differ by {apart:.3f}, the base's logits by {rounding:.3f}{'' if good[-1] else ' WRONG'}", flush=True)
    return all(good)


def main():
    model, program, work = sys.argv[1], sys.argv[2], Path(sys.argv[3])
    base = pretrained.our_answers(program, model, work / "base")
    pretrained.torch_model(model).save_pretrained(work / "huggingface")
    copy = work / "float.gguf"
    pretrained.write_float_copy(model, copy)
    good = True
    for name, pattern in (("all weights", "*"), ("all layers", "blocks.*")):
        out = work / name.replace(" ", "-")
        ours = pretrained.our_answers(program, model, out, work / "huggingface", pattern, RANK)
        good = compare_exports(name, ours, base, out) and good
    good = compare_float(ours, base, copy, out / "adapter.gguf") and good
    return compare_quantized(ours, base, model, out / "adapter.gguf") and good


if __name__ == "__main__":
    if len(sys.argv) != 4:
        sys.exit(__doc__)
    sys.exit(0 if main() else 1)
