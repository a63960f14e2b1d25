# SPDX-License-Identifier: MIT
"""One side of `tools/compare train`: the same model in PyTorch, full training or PEFT's LoRA.

Arguments and lines as in ours.cpp; the method is "full", "full-compiled", "lora" or "lora-compiled".
"""
import json
import pathlib
import re
import sys
import time

import torch
import torch.nn.functional as F
from torch import nn


def status(field):
    text = pathlib.Path("/proc/self/status").read_text()
    return 1024 * int(re.search(rf"^{field}:\s*(\d+)", text, re.MULTILINE)[1])


class Block(nn.Module):
    def __init__(self, width, heads, intermediate_size):
        super().__init__()
        self.heads = heads
        self.norm_1, self.norm_2 = nn.LayerNorm(width), nn.LayerNorm(width)
        self.q, self.k, self.v, self.output = (nn.Linear(width, width) for _ in range(4))
        self.up, self.down = nn.Linear(width, intermediate_size), nn.Linear(intermediate_size, width)

    def forward(self, x):
        batch, length, width = x.shape
        h = self.norm_1(x)
        q, k, v = (m(h).view(batch, length, self.heads, -1).transpose(1, 2) for m in (self.q, self.k, self.v))
        mixed = F.scaled_dot_product_attention(q, k, v, is_causal=True)
        x = x + self.output(mixed.transpose(1, 2).reshape(batch, length, width))
        return x + self.down(F.gelu(self.up(self.norm_2(x)), approximate="tanh"))


class LlamaBlock(nn.Module):
    def __init__(self, width, heads, intermediate_size, kv_heads):
        super().__init__()
        self.heads, self.kv_heads = heads, kv_heads
        kv_width = width // heads * kv_heads
        self.norm_1, self.norm_2 = nn.RMSNorm(width, 1e-5), nn.RMSNorm(width, 1e-5)
        self.q, self.output = (nn.Linear(width, width, bias=False) for _ in range(2))
        self.k, self.v = (nn.Linear(width, kv_width, bias=False) for _ in range(2))
        self.gate, self.up = (nn.Linear(width, intermediate_size, bias=False) for _ in range(2))
        self.down = nn.Linear(intermediate_size, width, bias=False)

    def forward(self, x, turns):
        batch, length, width = x.shape
        h = self.norm_1(x)
        q, k, v = (m(h).view(batch, length, heads, -1).transpose(1, 2) for m, heads in
                   ((self.q, self.heads), (self.k, self.kv_heads), (self.v, self.kv_heads)))
        q, k = (z * turns[0] + torch.cat((-z[..., z.shape[-1] // 2:], z[..., :z.shape[-1] // 2]), -1) * turns[1]
                for z in (q, k))
        mixed = F.scaled_dot_product_attention(q, k, v, is_causal=True, enable_gqa=True)
        x = x + self.output(mixed.transpose(1, 2).reshape(batch, length, width))
        h = self.norm_2(x)
        return x + self.down(F.silu(self.gate(h)) * self.up(h))


class Model(nn.Module):
    def __init__(self, vocabulary, context, width, layers, heads, intermediate_size, kv_heads):
        super().__init__()
        self.tokens = nn.Embedding(vocabulary, width)
        self.is_llama = kv_heads > 0
        if self.is_llama:
            self.blocks = nn.ModuleList(LlamaBlock(width, heads, intermediate_size, kv_heads) for _ in range(layers))
            self.norm = nn.RMSNorm(width, 1e-5)
            half = width // heads // 2
            angles = torch.arange(context)[:, None] * 10000.0 ** (-torch.arange(half) / half)
            self.turns = torch.stack((angles.cos(), angles.sin())).repeat(1, 1, 2)
        else:
            self.positions = nn.Embedding(context, width)
            self.blocks = nn.ModuleList(Block(width, heads, intermediate_size) for _ in range(layers))
            self.norm = nn.LayerNorm(width)
        for parameter in self.parameters():
            if parameter.dim() == 2:
                nn.init.normal_(parameter, std=0.02)

    def forward(self, tokens, targets):
        x = self.tokens(tokens) if self.is_llama else self.tokens(tokens) + self.positions.weight
        for block in self.blocks:
            x = block(x, self.turns) if self.is_llama else block(x)
        logits = F.linear(self.norm(x), self.tokens.weight)
        return F.cross_entropy(logits.flatten(0, 1), targets.flatten())


def main():
    *sizes, sequences, kv_heads = map(int, sys.argv[1:9])
    method, threads = sys.argv[9], int(sys.argv[10])
    torch.set_num_threads(threads)
    torch.manual_seed(1)
    torch.ones(64, 64) @ torch.ones(64, 64)  # what every program loads
    if method.startswith("lora"):
        import peft
    idle = status("VmRSS")
    model = Model(*sizes, kv_heads)
    if method.startswith("lora"):
        targets = ["q", "k", "v", "output", "up", "down"] + (["gate"] if kv_heads else [])
        model = peft.get_peft_model(model, peft.LoraConfig(r=8, lora_alpha=16, target_modules=targets))
    trained = [p for p in model.parameters() if p.requires_grad]
    optimizer = torch.optim.AdamW(trained, lr=1e-4, fused=True)
    run = torch.compile(model) if method.endswith("compiled") else model
    vocabulary, context = sizes[0], sizes[1]

    def step():
        tokens, answers = (torch.randint(vocabulary, (sequences, context)) for _ in range(2))
        optimizer.zero_grad(set_to_none=True)
        loss = run(tokens, answers)
        loss.backward()
        optimizer.step()
        return loss.item()

    print(json.dumps({"ready": True}), flush=True)
    for line in sys.stdin:
        if line.strip() == "end":
            break
        start = time.perf_counter()
        for _ in range(int(line)):
            loss = step()
        print(json.dumps({"seconds": time.perf_counter() - start, "loss": loss}), flush=True)
    count = lambda some: sum(p.numel() * p.element_size() for p in some)
    print(json.dumps({"idle": idle, "peak": status("VmHWM"), "weights": count(model.parameters()),
                      "state": 3 * count(trained), "torch": torch.__version__}), flush=True)


if __name__ == "__main__":
    main()
