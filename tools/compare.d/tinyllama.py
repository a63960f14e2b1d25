# SPDX-License-Identifier: MIT
"""Writes a synthetic model with the exact tensor shapes of TinyLlama-1.1B: bf16 shards and their index, 2.2 GB.

Weights are what trained ones look like to a decomposition: normal numbers, and on top of them directions that all
matrices of a width share, whose strength decays like a power. Usage: tinyllama.py FOLDER [--layers N]
"""
import argparse
import json
import pathlib
import struct
import time

import numpy

VOCABULARY, WIDTH, LAYERS, KEYS, MLP = 32000, 2048, 22, 256, 5632
SHARED, SHARD_BYTES = 256, 500_000_000
MATRICES = {
    "self_attn.q_proj": (WIDTH, WIDTH), "self_attn.k_proj": (KEYS, WIDTH), "self_attn.v_proj": (KEYS, WIDTH),
    "self_attn.o_proj": (WIDTH, WIDTH), "mlp.gate_proj": (MLP, WIDTH), "mlp.up_proj": (MLP, WIDTH),
    "mlp.down_proj": (WIDTH, MLP),
}


def shapes(layers):
    """Name and shape of every tensor, in the order of the published files."""
    yield "model.embed_tokens.weight", (VOCABULARY, WIDTH)
    for layer in range(layers):
        for name, shape in MATRICES.items():
            yield f"model.layers.{layer}.{name}.weight", shape
        for name in ("input_layernorm", "post_attention_layernorm"):
            yield f"model.layers.{layer}.{name}.weight", (WIDTH,)
    yield "model.norm.weight", (WIDTH,)
    yield "lm_head.weight", (VOCABULARY, WIDTH)


def bf16(values):
    """Nearest bfloat16, ties to even."""
    bits = values.view(numpy.uint32)
    return ((bits + (0x7FFF + ((bits >> 16) & 1))) >> 16).astype(numpy.uint16)


class Weights:
    def __init__(self, seed):
        self.random = numpy.random.Generator(numpy.random.SFC64(seed))
        self.shared = {}

    def __call__(self, shape):
        normal = lambda *size: self.random.standard_normal(size, dtype=numpy.float32)  # noqa: E731
        if len(shape) == 1:
            return 1.0 + 0.1 * normal(*shape)
        rows, width = shape
        if width not in self.shared:
            directions = numpy.linalg.qr(normal(width, SHARED))[0].T
            strength = 8.0 * numpy.arange(1, SHARED + 1, dtype=numpy.float32) ** -0.7
            self.shared[width] = (strength[:, None] * directions, 0.02 * normal(width))
        directions, mean = self.shared[width]
        return numpy.float32(0.02) * (normal(rows, width) + normal(rows, SHARED) @ directions + mean)


def write_shard(path, tensors, weights):
    header, offset = {"__metadata__": {"format": "pt"}}, 0
    for name, shape in tensors:
        end = offset + 2 * int(numpy.prod(shape))
        header[name] = {"dtype": "BF16", "shape": shape, "data_offsets": [offset, end]}
        offset = end
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text)
        for _, shape in tensors:
            file.write(bf16(numpy.ascontiguousarray(weights(shape))).tobytes())


def write_model(folder, layers=LAYERS, seed=0):
    """Writes the model unless it is there; the index comes last, so that what was cut off is written anew."""
    index = folder / "model.safetensors.index.json"
    if index.exists():
        return
    folder.mkdir(parents=True, exist_ok=True)
    shards, size = [[]], 0
    for name, shape in shapes(layers):
        size += 2 * int(numpy.prod(shape))
        if size > SHARD_BYTES and shards[-1]:
            shards.append([])
            size = 2 * int(numpy.prod(shape))
        shards[-1].append((name, shape))
    weights, weight_map, start = Weights(seed), {}, time.monotonic()
    for number, tensors in enumerate(shards, 1):
        file = f"model-{number:05d}-of-{len(shards):05d}.safetensors"
        write_shard(folder / file, tensors, weights)
        weight_map.update({name: file for name, _ in tensors})
        print(f"  {file}  {time.monotonic() - start:.0f} s", flush=True)
    index.write_text(json.dumps({"metadata": {"layers": layers}, "weight_map": weight_map}, indent=1))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("--layers", type=int, default=LAYERS)
    arguments = parser.parse_args()
    write_model(arguments.folder, arguments.layers)
