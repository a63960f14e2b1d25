#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Logits and greedy texts of a model in GGUF beside those of transformers on the same weights.

usage: models.py MODEL.gguf PROGRAM WORK   PROGRAM is tools/interop.d/pretrained_logits.cpp
"""
import sys
from pathlib import Path

import pretrained

if __name__ == "__main__":
    if len(sys.argv) != 4:
        sys.exit(__doc__)
    model, program, work = sys.argv[1:]
    ours = pretrained.our_answers(program, model, Path(work) / "base")
    sys.exit(0 if pretrained.compare_with_torch("prompt", ours, pretrained.torch_model(model)) else 1)
