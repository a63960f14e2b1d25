#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Logits and greedy texts of a model in GGUF beside those of transformers on the same weights.

usage: models.py smollm2|gemma3 MODEL.gguf WORK [PROGRAM [stored]]

PROGRAM is tools/interop.d/pretrained_logits.cpp. Without it, or where WORK/transformers.json is missing or of other
prompts, what transformers answers is stored there. With "stored", our answers are compared with that file alone, without a model in
transformers: the largest logits of each token and the log-sums, in the place of all logits.
"""
import json
import sys
from pathlib import Path

import pretrained
import stored_answers


def main(name, model, work, program=None, how=None):
    texts, limit, target = pretrained.prompts(name), pretrained.MODELS[name].limit, Path(work) / "transformers.json"
    torch_model = None
    if program is None or not stored_answers.are_of(texts, target):
        target.parent.mkdir(parents=True, exist_ok=True)
        from gguf_models import torch_model as load
        torch_model = load(model)
        stored_answers.write(torch_model, pretrained.encoder_of(name, model), texts, target)
    if program is None:
        return True
    ours = pretrained.our_answers(program, model, Path(work) / "base", texts)
    good = stored_answers.compare("stored", ours, json.loads(target.read_text()), limit)
    if how == "stored":
        return good
    if torch_model is None:
        from gguf_models import torch_model as load
        torch_model = load(model)
    return pretrained.compare_with_torch("prompt", ours, torch_model, limit) and good


if __name__ == "__main__":
    if not 4 <= len(sys.argv) <= 6 or sys.argv[1] not in pretrained.MODELS or sys.argv[5:] not in ([], ["stored"]):
        sys.exit(__doc__)
    sys.exit(0 if main(*sys.argv[1:]) else 1)
