#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Loads exported adapters in PEFT and exported merged models in transformers, and compares their logits.

usage: adapters.py PROGRAM WORK   PROGRAM is tools/interop.d/export_adapter.cpp, WORK a folder for tiny random models
"""
import subprocess
import sys
from pathlib import Path

import torch
from peft import PeftModel
from transformers import AutoModelForCausalLM, GPT2Config, GPT2LMHeadModel, LlamaConfig, LlamaForCausalLM
from transformers import Qwen2Config, Qwen2ForCausalLM
from transformers.utils import logging

LIMIT = 2e-3  # largest difference of a logit

rotary = dict(vocab_size=97, hidden_size=32, intermediate_size=48, num_hidden_layers=2, num_attention_heads=4,
              num_key_value_heads=2, max_position_embeddings=64)
gpt2 = dict(vocab_size=97, n_positions=64, n_embd=32, n_layer=2, n_head=4, bos_token_id=0, eos_token_id=0)
MODELS = {
    "llama": lambda: LlamaForCausalLM(LlamaConfig(**rotary, tie_word_embeddings=False)),
    "llama-tied": lambda: LlamaForCausalLM(LlamaConfig(**rotary, tie_word_embeddings=True)),
    "qwen2": lambda: Qwen2ForCausalLM(Qwen2Config(**rotary, tie_word_embeddings=False)),
    "gpt2": lambda: GPT2LMHeadModel(GPT2Config(**gpt2)),
}


def logits(model):
    tokens = torch.arange(40).reshape(2, 20) * 7 % 97
    with torch.no_grad():
        return model.eval()(tokens).logits.double()


def compare(name, tied, program, work):
    base, out = work / name, work / f"{name}-{tied}"
    torch.manual_seed(1)
    MODELS[name]().float().save_pretrained(base)
    subprocess.run([program, base, out, tied], check=True)
    load = lambda folder: AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32)
    before = logits(load(base))
    peft = PeftModel.from_pretrained(load(base), out / "peft")
    missing = [key for key, value in peft.named_parameters() if "lora_B" in key and not value.any()]
    adapted, merged = logits(peft), logits(load(out / "merged"))
    moved = (merged - before).abs().max().item()
    apart = (adapted - merged).abs().max().item()
    good = apart <= LIMIT and moved > 0.1 and not missing
    print(f"{name:10} {tied:8}  PEFT and merged differ by {apart:.1e}, from the base by {moved:.2f}"
          f"{'' if good else '  WRONG ' + ' '.join(missing)}")
    return good


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    logging.disable_progress_bar()
    cases = [("llama", "shared"), ("llama-tied", "shared"), ("llama-tied", "separate"), ("qwen2", "shared"),
             ("gpt2", "shared"), ("gpt2", "separate")]
    good = [compare(name, tied, sys.argv[1], Path(sys.argv[2])) for name, tied in cases]
    sys.exit(0 if all(good) else 1)
