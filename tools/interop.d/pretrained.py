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


def torch_answer(model, ids, count):
    """The same by transformers."""
    with torch.no_grad():
        tokens = torch.tensor(ids)[None]
        logits = model(tokens).logits[0].numpy()
        result = model(tokens, use_cache=True)
        greedy = []
        for _ in range(count):
            greedy.append(result.logits[0, -1].argmax().item())
            step = torch.tensor([[greedy[-1]]])
            result = model(step, past_key_values=result.past_key_values, use_cache=True)
    return Answer(ids, logits, np.array(greedy))


def same_greedy(ours, theirs, logits_after):
    """Whether both texts are one, and a word about it. Where they part, `logits_after(ids)` are the peer's: two tokens
    that are no further apart than the allowed difference of logits are a tie, which is told and let pass."""
    differ = np.flatnonzero(ours.greedy != theirs.greedy)
    if len(differ) == 0:
        return True, f"{len(ours.greedy)} greedy tokens equal"
    first = differ[0]
    logits = logits_after(np.concatenate([ours.ids, ours.greedy[:first]]))
    gap = abs(float(logits[ours.greedy[first]]) - float(logits[theirs.greedy[first]]))
    tie = gap <= 2 * LIMIT
    return tie, f"greedy texts part at token {first}, where logits are {gap:.1e} apart{' (a tie)' if tie else ' WRONG'}"


def compare(name, ours, theirs, logits_after, limit=LIMIT):
    """Prints how far the answers to one prompt are apart; returns whether they agree."""
    apart = float(np.abs(ours.logits - theirs.logits).max())
    good, words = same_greedy(ours, theirs, logits_after)
    print(f"{name:18} {len(ours.ids):4} tokens  logits differ by {apart:.1e}{'' if apart <= limit else ' WRONG'}, {words}",
          flush=True)
    return good and apart <= limit


def compare_with_torch(name, ours, model):
    """Compares all prompts; returns whether all agree."""
    def after(ids):
        with torch.no_grad():
            return model(torch.tensor(ids)[None]).logits[0, -1].numpy()
    return all([compare(f"{name} {i}", one, torch_answer(model, one.ids, len(one.greedy)), after)
                for i, one in enumerate(ours)])


def dequantized(reader):
    return {tensor.name: gguf.quants.dequantize(tensor.data, tensor.tensor_type).astype(np.float32)
            for tensor in reader.tensors}


def torch_model(path):
    """transformers' model of a GGUF file of the architecture llama, in float32."""
    reader = gguf.GGUFReader(path)

    def fact(key):
        return reader.fields["llama." + key].contents()
    tensors = dequantized(reader)
    heads, kv_heads = fact("attention.head_count"), fact("attention.head_count_kv")
    config = LlamaConfig(vocab_size=len(tensors["token_embd.weight"]), hidden_size=fact("embedding_length"),
                         intermediate_size=fact("feed_forward_length"), num_hidden_layers=fact("block_count"),
                         num_attention_heads=heads, num_key_value_heads=kv_heads,
                         max_position_embeddings=fact("context_length"),
                         rms_norm_eps=fact("attention.layer_norm_rms_epsilon"), rope_theta=fact("rope.freq_base"),
                         tie_word_embeddings="output.weight" not in tensors, dtype="float32")
    config.rope_parameters = {"rope_type": "default", "rope_theta": fact("rope.freq_base")}
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
