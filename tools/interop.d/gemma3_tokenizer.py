# SPDX-License-Identifier: MIT
"""Builds sentencepiece's model out of the tokens, scores and types of a GGUF file of Gemma; its ids of varied lines.

usage: gemma3_tokenizer.py MODEL.gguf COUNT CASES.json

Lines hold the control tokens too: they are user-defined symbols here, for sentencepiece finds no control tokens in texts.
"""
import json
import pathlib
import sys

import numpy as np
import sentencepiece
from sentencepiece import sentencepiece_model_pb2

from gguf_reader import Reader

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "fixtures"))
import varied_text  # noqa: E402

CONTROL, USER_DEFINED, BYTE, UNKNOWN = 3, 4, 6, 2  # the same numbers in GGUF files and in sentencepiece's models
SPACE = "\u2581"


def vocabulary_of(path):
    """Tokens, scores and types; the unknown token, which llama.cpp's converter calls a control token, is named anew."""
    fields = Reader(path).fields

    def value(key):
        return fields["tokenizer.ggml." + key].contents()

    if value("model") != "llama" or value("add_space_prefix"):
        sys.exit(f"{path}: its tokenizer is not that of Gemma")
    tokens, scores, kinds = value("tokens"), value("scores"), value("token_type")
    kinds[value("unknown_token_id")] = UNKNOWN
    return tokens, scores, kinds


def tokenizer_of(path):
    """sentencepiece's processor of the file's vocabulary, and the tokens that are found in texts as they stand."""
    tokens, scores, kinds = vocabulary_of(path)
    model = sentencepiece_model_pb2.ModelProto()
    model.trainer_spec.model_type = sentencepiece_model_pb2.TrainerSpec.BPE
    model.trainer_spec.byte_fallback = BYTE in kinds
    model.trainer_spec.vocab_size = len(tokens)
    model.trainer_spec.unk_id = kinds.index(UNKNOWN)
    model.trainer_spec.bos_id = model.trainer_spec.eos_id = model.trainer_spec.pad_id = -1
    model.normalizer_spec.name = "identity"
    model.normalizer_spec.add_dummy_prefix = model.normalizer_spec.remove_extra_whitespaces = False
    for token, score, kind in zip(tokens, scores, kinds):
        if kind == USER_DEFINED:  # runs of spaces are spaces in GGUF files
            token = token.replace(" ", SPACE)
        model.pieces.add(piece=token, score=score, type=USER_DEFINED if kind == CONTROL else kind)
    added = [token for token, kind in zip(tokens, kinds) if kind in (CONTROL, USER_DEFINED)]
    return sentencepiece.SentencePieceProcessor(model_proto=model.SerializeToString()), added


def encoder_of(path):
    """A function from a text to its ids."""
    return tokenizer_of(path)[0].encode


def main():
    path, count, target = sys.argv[1], int(sys.argv[2]), sys.argv[3]
    tokenizer, added = tokenizer_of(path)
    texts = varied_text.lines(np.random.default_rng(1), count, added)
    ids = [tokenizer.encode(text) for text in texts]
    pathlib.Path(target).write_text(json.dumps({"texts": texts, "ids": ids}))
    print(f"{len(texts)} lines, {sum(map(len, texts))} characters, {sum(map(len, ids))} tokens")


if __name__ == "__main__":
    main()
