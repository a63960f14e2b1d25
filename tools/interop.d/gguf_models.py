# SPDX-License-Identifier: MIT
"""GGUF files as models of transformers, dequantized by PyPI's gguf and built from their metadata alone; copies in F32."""
import gguf
import numpy as np
import torch
from transformers import Gemma3ForCausalLM, Gemma3TextConfig, LlamaConfig, LlamaForCausalLM

from gguf_reader import Reader

OUTSIDE = {"token_embd": "model.embed_tokens", "output_norm": "model.norm", "output": "lm_head"}
LAYER = {"attn_q": "self_attn.q_proj", "attn_k": "self_attn.k_proj", "attn_v": "self_attn.v_proj",
         "attn_output": "self_attn.o_proj", "ffn_gate": "mlp.gate_proj", "ffn_up": "mlp.up_proj",
         "ffn_down": "mlp.down_proj", "attn_norm": "input_layernorm"}
LLAMA_LAYER = LAYER | {"ffn_norm": "post_attention_layernorm"}
GEMMA3_LAYER = LAYER | {"attn_q_norm": "self_attn.q_norm", "attn_k_norm": "self_attn.k_norm",
                        "post_attention_norm": "post_attention_layernorm", "ffn_norm": "pre_feedforward_layernorm",
                        "post_ffw_norm": "post_feedforward_layernorm"}


class Metadata:
    """Values whose keys begin with the architecture."""

    def __init__(self, reader):
        self.fields = reader.fields
        self.architecture = self.fields["general.architecture"].contents()

    def __call__(self, key, *otherwise):
        field = self.fields.get(f"{self.architecture}.{key}")
        if field is None and not otherwise:
            raise KeyError(f"the file has no {self.architecture}.{key}")
        return otherwise[0] if field is None else field.contents()

    def common(self):
        """What the configs of all families have."""
        heads, width = self("attention.head_count"), self("embedding_length")
        return {"hidden_size": width, "head_dim": self("attention.key_length", width // heads),
                "intermediate_size": self("feed_forward_length"), "num_hidden_layers": self("block_count"),
                "num_attention_heads": heads, "num_key_value_heads": self("attention.head_count_kv", heads),
                "max_position_embeddings": self("context_length"),
                "rms_norm_eps": self("attention.layer_norm_rms_epsilon"), "dtype": "float32"}


def dequantized(reader):
    return {tensor.name: gguf.quants.dequantize(tensor.data, tensor.tensor_type).astype(np.float32)
            for tensor in reader.tensors}


def llama_config(metadata, vocabulary, tied):
    return LlamaConfig(**metadata.common(), vocab_size=vocabulary, tie_word_embeddings=tied,
                       rope_parameters={"rope_type": "default", "rope_theta": metadata("rope.freq_base", 10000.0)})


def gemma3_config(metadata, vocabulary, tied):
    """Layers and rotary bases as llama.cpp's src/models/gemma3.cpp takes them; a model of 62 layers has its own scale."""
    layers, common = metadata("block_count"), metadata.common()
    scale = common["hidden_size"] // common["num_attention_heads"] if layers == 62 else common["head_dim"]
    pattern = metadata("attention.sliding_window_pattern", 6)
    local = [(i + 1) % pattern != 0 for i in range(layers)] if isinstance(pattern, int) else pattern
    whole = {"rope_type": "default", "rope_theta": metadata("rope.freq_base", 10000.0)}
    if metadata("rope.scaling.type", "linear") == "linear" and metadata("rope.scaling.factor", 1.0) != 1:
        whole |= {"rope_type": "linear", "factor": metadata("rope.scaling.factor")}
    return Gemma3TextConfig(
        **common, vocab_size=vocabulary, tie_word_embeddings=tied, query_pre_attn_scalar=scale,
        sliding_window=metadata("attention.sliding_window"),
        layer_types=["sliding_attention" if one else "full_attention" for one in local],
        final_logit_softcapping=metadata("final_logit_softcapping", None),
        rope_parameters={"full_attention": whole, "sliding_attention": {
            "rope_type": "default", "rope_theta": metadata("rope.freq_base_swa", 10000.0)}})


def interleaved_to_halves(values, heads):
    """Rotated pairs lie side by side in llama's GGUF files, in halves of a head in transformers."""
    return values.reshape(heads, -1, 2, values.shape[1]).swapaxes(1, 2).reshape(values.shape)


def torch_model(path):
    """transformers' model of a GGUF file of the architectures llama and gemma3, in float32."""
    reader = Reader(path)
    metadata, tensors = Metadata(reader), dequantized(reader)
    kinds = {"llama": (llama_config, LlamaForCausalLM, LLAMA_LAYER),
             "gemma3": (gemma3_config, Gemma3ForCausalLM, GEMMA3_LAYER)}
    make_config, make_model, layer = kinds[metadata.architecture]
    tied = "output.weight" not in tensors
    config = make_config(metadata, len(tensors["token_embd.weight"]), tied)
    heads = {"attn_q": config.num_attention_heads, "attn_k": config.num_key_value_heads}
    state = {}
    for name, values in tensors.items():
        place, part = ("", name) if not name.startswith("blk.") else name.removeprefix("blk.").split(".", 1)
        part = part.removesuffix(".weight")
        if metadata.architecture == "llama" and part in heads:
            values = interleaved_to_halves(values, heads[part])
        elif metadata.architecture == "gemma3" and part.endswith("norm"):
            values = values - 1  # transformers adds it
        target = f"model.layers.{place}.{layer[part]}" if place else OUTSIDE[part]
        state[target + ".weight"] = torch.from_numpy(np.ascontiguousarray(values))
    if tied:
        state["lm_head.weight"] = state["model.embed_tokens.weight"]
    model = make_model(config).float().eval()
    model.load_state_dict(state, strict=True)
    return model


def write_float_copy(path, target):
    """The GGUF file with its tensors in F32 and all else as it is."""
    reader = Reader(path)
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
