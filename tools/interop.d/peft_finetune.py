#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Fine-tunes a model in GGUF with PEFT's LoRA, or all its weights with torch, on the data of examples/finetune, for what
it takes beside that program: tokens a second, resident memory, validation perplexity.

usage: peft_finetune.py smollm2|gemma3 MODEL.gguf TRAIN.jsonl VALIDATION.jsonl [lora|full [STEPS [float32|bfloat16]]]

SmolLM2 gets the records in the template of its file. Gemma's base model has none: the records are plain turns,
"User: ...", "Assistant: ..." and the end of text, as the program's template `plain` has them.

LoRA of rank 8 on all linear layers, fused AdamW at 1e-3 (full: 1e-4) with a cosine, rows of 512 tokens, one a step, records one after
another in shuffled order, loss on the answers alone; `float32|bfloat16` is how the frozen model is held.
"""
import json
import math
import pathlib
import re
import sys
import time

import numpy as np
import peft
import torch

import gemma3_tokenizer
import gguf_models
import smollm2_tokenizer

ROW, ANSWER = 512, "<|im_start|>assistant\n"


def memory(field):
    text = pathlib.Path("/proc/self/status").read_text()
    return int(re.search(rf"^{field}:\s*(\d+)", text, re.MULTILINE)[1]) / 1024


def smollm2_parts(path):
    """A function from a record's messages to ids of three parts: before the answer, the answer with its end, the rest."""
    tokenizer, _, template = smollm2_tokenizer.tokenizer_of(path)

    def parts(messages):
        text = template.render(messages=messages)
        begin = text.index(ANSWER) + len(ANSWER)
        end = text.index("<|im_end|>", begin) + len("<|im_end|>")
        return [tokenizer.encode(part, add_special_tokens=False).ids
                for part in (text[:begin], text[begin:end], text[end:])]
    return parts


def gemma3_parts(path):
    ids_of = gemma3_tokenizer.encoder_of(path)

    def parts(messages):
        asked, answered = (message["content"] for message in messages)
        return [ids_of(f"<bos>User: {asked}\nAssistant:"), ids_of(f" {answered}<eos>"), ids_of("\n")]
    return parts


PARTS = {"smollm2": smollm2_parts, "gemma3": gemma3_parts}


def encode(path, parts_of):
    """Ids and labels of every record; labels of what is not an answer are -100."""
    records = []
    for line in pathlib.Path(path).read_text().splitlines():
        before, answer, rest = parts_of(json.loads(line)["messages"])
        records.append((before + answer + rest, [-100] * len(before) + answer + [-100] * len(rest)))
    return records


def rows(records):
    for i in range(2):
        stream = np.concatenate([np.array(record[i]) for record in records])
        yield torch.from_numpy(stream[:len(stream) // ROW * ROW].reshape(-1, ROW).copy())


def perplexity(model, records):
    """Each record by itself; a mean over all labels."""
    loss = count = 0
    with torch.no_grad():
        for ids, labels in records:
            labels = torch.tensor(labels)[None]
            counted = int((labels[:, 1:] >= 0).sum())
            loss += model(torch.tensor(ids)[None], labels=labels).loss.item() * counted
            count += counted
    return math.exp(loss / count)


def main():
    name, path, train, validation = sys.argv[1:5]
    method = sys.argv[5] if len(sys.argv) > 5 else "lora"
    steps = int(sys.argv[6]) if len(sys.argv) > 6 else 86
    dtype = getattr(torch, sys.argv[7]) if len(sys.argv) > 7 else torch.float32
    torch.manual_seed(0)
    idle = memory("VmRSS")
    parts_of = PARTS[name](path)
    records, held_out = encode(train, parts_of), encode(validation, parts_of)
    base = gguf_models.torch_model(path).to(dtype)
    model = base
    if method == "lora":
        model = peft.get_peft_model(base, peft.LoraConfig(r=8, lora_alpha=16, target_modules="all-linear"))
    before = perplexity(model, held_out)
    pathlib.Path("/proc/self/clear_refs").write_text("5")  # the peak from here on: loading is not what is compared
    trained = [p for p in model.parameters() if p.requires_grad]
    optimizer = torch.optim.AdamW(trained, lr=1e-3 if method == "lora" else 1e-4, fused=True)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, steps)
    random, row, inputs = np.random.default_rng(0), 0, []
    start = time.perf_counter()
    for step in range(steps):
        if row >= len(inputs):
            inputs, labels = rows([records[i] for i in random.permutation(len(records))])
            row = 0
        optimizer.zero_grad(set_to_none=True)
        loss = model(inputs[row:row + 1], labels=labels[row:row + 1]).loss
        loss.backward()
        torch.nn.utils.clip_grad_norm_(trained, 1.0)
        optimizer.step()
        schedule.step()
        row += 1
        if step % 10 == 9:
            spent = time.perf_counter() - start
            print(f"step {step + 1}/{steps}  loss {loss.item():.3f}  {ROW * (step + 1) / spent:.0f} tokens/s", flush=True)
    seconds = time.perf_counter() - start
    peak = memory("VmHWM")
    print(f"{method}, PEFT {peft.__version__}, torch {torch.__version__}, {dtype}: {sum(p.numel() for p in trained)} trained, "
          f"{ROW * steps / seconds:.0f} tokens/s, resident {peak:.0f} MiB at the peak of training "
          f"({idle:.0f} MiB of it are the idle process), perplexity {before:.2f} -> {perplexity(model, held_out):.3f}")


if __name__ == "__main__":
    if len(sys.argv) < 5 or sys.argv[1] not in PARTS:
        sys.exit(__doc__)
    main()
