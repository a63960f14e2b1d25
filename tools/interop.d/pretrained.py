# SPDX-License-Identifier: MIT
"""A GGUF file of a Llama-like model as transformers' LlamaForCausalLM, dequantised by PyPI's gguf; the prompts with
which it is asked; the answers of tools/interop.d/pretrained_logits.cpp beside those of another tool."""
import json
import subprocess
from dataclasses import dataclass

import gguf
import numpy as np
import torch
from safetensors.numpy import load_file
from transformers import LlamaConfig, LlamaForCausalLM

LIMIT = 2e-3  # largest difference of a logit
CHAT = "<|im_start|>user\n{}<|im_end|>\n<|im_start|>assistant\n"
PROMPTS = [
    "The capital of France is",
    CHAT.format("Why is the sky blue? Answer in two sentences."),
    "def fibonacci(n):\n    if n < 2:\n        return n\n",
    "Die Katze schläft auf dem Sofa, während il pleut dehors. Привет, мир! 你好,世界 🙂👩‍👩‍👧",
    CHAT.format("List three uses of a paper clip.") + "1. Holding papers\n2.",
    "  \t\n\n   3.14159 + 2,718 = \n" + "It was a bright cold day in April, and the clocks were striking thirteen. " * 12,
]


@dataclass
class Answer:
    ids: np.ndarray
    logits: np.ndarray  # tokens x vocabulary
    greedy: np.ndarray


def our_answers(program, model, out, *adapter):
    """Runs pretrained_logits; one Answer a prompt."""
    out.mkdir(parents=True, exist_ok=True)
    prompts = out / "prompts.json"
    prompts.write_text(json.dumps(PROMPTS))
    subprocess.run([program, model, prompts, out, *adapter], check=True)
    stored = load_file(out / "logits.safetensors")
    return [Answer(*(stored[f"{i}.{part}"] for part in ("ids", "logits", "greedy"))) for i in range(len(PROMPTS))]


def torch_logits(model, ids):
    with torch.no_grad():
        return model(torch.tensor(ids)[None]).logits[0].numpy()


def same_greedy(ours, logits):
    """Whether each token of our greedy text is the likeliest by a peer's `logits` (those of the prompt's last token and
    of all that follow), and a word about it: then the peer's text is the same. A token that is no further below than
    logits may differ is a tie, which is told and let pass."""
    gaps = logits.max(axis=1) - logits[np.arange(len(ours.greedy)), ours.greedy]
    first_two = np.partition(logits, -2, axis=1)[:, -2:]
    closest = float((first_two[:, 1] - first_two[:, 0]).min())
    words = f"closest second token {closest:.4f} below"
    if gaps.max() == 0:
        return True, f"{len(gaps)} greedy tokens equal ({words})"
    good = gaps.max() <= 2 * LIMIT
    return good, f"greedy texts part at token {np.flatnonzero(gaps)[0]}, {gaps.max():.1e} below the likeliest " \
                 f"({'a tie' if good else 'WRONG'})"


def compare(name, ours, logits_of, limit=LIMIT):
    """Compares the answer to one prompt with the logits of a peer; prints, returns whether they agree."""
    theirs = logits_of(np.concatenate([ours.ids, ours.greedy[:-1]]))
    count = len(ours.ids)
    apart = float(np.abs(ours.logits - theirs[:count]).max())
    good, words = same_greedy(ours, theirs[count - 1:])
    print(f"{name:18} {count:4} tokens, logits differ by {apart:.1e}{'' if apart <= limit else ' WRONG'}, {words}",
          flush=True)
    return good and apart <= limit


def compare_with_torch(name, ours, model):
    """Compares all prompts; returns whether all agree."""
    return all([compare(f"{name} {i}", one, lambda ids: torch_logits(model, ids)) for i, one in enumerate(ours)])


def dequantized(reader):
    return {tensor.name: gguf.quants.dequantize(tensor.data, tensor.tensor_type).astype(np.float32)
            for tensor in reader.tensors}


def torch_model(path):
    """transformers' model of a GGUF file of the architecture llama, in float32."""
    reader = gguf.GGUFReader(path)

    def metadata(key):
        return reader.fields["llama." + key].contents()
    tensors = dequantized(reader)
    heads, kv_heads = metadata("attention.head_count"), metadata("attention.head_count_kv")
    config = LlamaConfig(vocab_size=len(tensors["token_embd.weight"]), hidden_size=metadata("embedding_length"),
                         intermediate_size=metadata("feed_forward_length"), num_hidden_layers=metadata("block_count"),
                         num_attention_heads=heads, num_key_value_heads=kv_heads,
                         max_position_embeddings=metadata("context_length"),
                         rms_norm_eps=metadata("attention.layer_norm_rms_epsilon"), rope_theta=metadata("rope.freq_base"),
                         tie_word_embeddings="output.weight" not in tensors, dtype="float32")
    config.rope_parameters = {"rope_type": "default", "rope_theta": metadata("rope.freq_base")}
    model = LlamaForCausalLM(config).float().eval()
    names = {"token_embd": "model.embed_tokens", "output_norm": "model.norm", "output": "lm_head"}
    parts = {"attn_q": "self_attn.q_proj", "attn_k": "self_attn.k_proj", "attn_v": "self_attn.v_proj",
             "attn_output": "self_attn.o_proj", "ffn_gate": "mlp.gate_proj", "ffn_up": "mlp.up_proj",
             "ffn_down": "mlp.down_proj", "attn_norm": "input_layernorm", "ffn_norm": "post_attention_layernorm"}
    for i in range(config.num_hidden_layers):
        names |= {f"blk.{i}.{part}": f"model.layers.{i}.{theirs}" for part, theirs in parts.items()}
    state = {}
    for name, values in tensors.items():
        for part, count in (("attn_q", heads), ("attn_k", kv_heads)):
            if part + ".weight" in name:  # pairs lie side by side in GGUF, in halves of a head in transformers
                values = values.reshape(count, -1, 2, values.shape[1]).swapaxes(1, 2).reshape(values.shape)
        state[names[name.removesuffix(".weight")] + ".weight"] = torch.from_numpy(values.copy())
    if config.tie_word_embeddings:
        state["lm_head.weight"] = state["model.embed_tokens.weight"]
    model.load_state_dict(state, strict=True)
    return model


def write_float_copy(path, target):
    """The GGUF file with its tensors in F32 and all else as it is."""
    reader = gguf.GGUFReader(path)
    writer = gguf.GGUFWriter(target, reader.fields["general.architecture"].contents())
    for name, field in reader.fields.items():
        if name.startswith("GGUF.") or name in ("general.architecture", "general.file_type"):
            continue
        kind = field.types[0]
        writer.add_key_value(name, field.contents(), kind, field.types[-1] if kind == gguf.GGUFValueType.ARRAY else None)
    for name, values in dequantized(reader).items():
        writer.add_tensor(name, values)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
