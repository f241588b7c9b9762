"""Blends the word vectors of a file with those that a sentence encoder, all-MiniLM-L6-v2, gives the same words, and adds
the common words of English that the file lacks, with the encoder's vectors alone.

usage: blend_sentence_encoder.py DIRECTORY_OF_THE_MODEL WORDS_IN WORDS_OUT
The directory holds model.safetensors and tokenizer.json; needs numpy, scipy and tokenizers.
"""

import json
import re
import struct
import sys

import numpy as np
from scipy.special import erf
from tokenizers import Tokenizer

HEADS, LAYERS, BATCH = 12, 6, 256
SHARED_DIRECTIONS = 1  # of the encoder: what all words have in common
ADDED_WORDS = 8_000
ENCODER_SHARE = 0.6  # of the squared length; 0.5 and 0.7 are within noise of it over the bench's lists


def read_model(directory):
    raw = open(f"{directory}/model.safetensors", "rb").read()
    size = struct.unpack("<Q", raw[:8])[0]
    head = json.loads(raw[8 : 8 + size])
    tensor = lambda at: np.frombuffer(raw[8 + size + at["data_offsets"][0] : 8 + size + at["data_offsets"][1]], np.float32)
    weights = {key: tensor(at).reshape(at["shape"]) for key, at in head.items() if at.get("dtype") == "F32"}
    tokenizer = Tokenizer.from_file(f"{directory}/tokenizer.json")
    tokenizer.no_padding()
    return weights, tokenizer


def encode(weights, tokenizer, words):
    def norm(x, name):
        x = (x - x.mean(-1, keepdims=True)) / np.sqrt(x.var(-1, keepdims=True) + 1e-12)
        return x * weights[f"{name}.weight"] + weights[f"{name}.bias"]

    linear = lambda x, name: x @ weights[f"{name}.weight"].T + weights[f"{name}.bias"]
    encoded = [encoding.ids for encoding in tokenizer.encode_batch(words)]
    order = sorted(range(len(words)), key=lambda at: len(encoded[at]))
    found = np.zeros((len(words), 384))
    for start in range(0, len(order), BATCH):
        rows = order[start : start + BATCH]
        longest = max(len(encoded[at]) for at in rows)
        ids = np.array([encoded[at] + [0] * (longest - len(encoded[at])) for at in rows])
        mask = np.array([[1.0] * len(encoded[at]) + [0.0] * (longest - len(encoded[at])) for at in rows], np.float32)
        position = weights["embeddings.position_embeddings.weight"][:longest]
        x = weights["embeddings.word_embeddings.weight"][ids] + position + weights["embeddings.token_type_embeddings.weight"][0]
        x = norm(x, "embeddings.LayerNorm")
        split = lambda y: y.reshape(len(rows), longest, HEADS, -1).transpose(0, 2, 1, 3)
        for layer in range(LAYERS):
            name = f"encoder.layer.{layer}"
            query, key, value = (split(linear(x, f"{name}.attention.self.{part}")) for part in ("query", "key", "value"))
            score = query @ key.transpose(0, 1, 3, 2) / np.sqrt(query.shape[-1]) - (1 - mask)[:, None, None, :] * 1e4
            score = np.exp(score - score.max(-1, keepdims=True))
            context = (score / score.sum(-1, keepdims=True) @ value).transpose(0, 2, 1, 3).reshape(x.shape)
            x = norm(linear(context, f"{name}.attention.output.dense") + x, f"{name}.attention.output.LayerNorm")
            inner = linear(x, f"{name}.intermediate.dense")
            inner = linear(inner * 0.5 * (1 + erf(inner / np.sqrt(2))), f"{name}.output.dense")
            x = norm(inner + x, f"{name}.output.LayerNorm")
        found[rows] = (x * mask[:, :, None]).sum(1) / mask.sum(1, keepdims=True)
    return unit(found)


def singular(word):
    """As the ranker folds words: src/ranker/tokens.ts."""
    if len(word) < 4 or not word.endswith("s"):
        return word
    if word.endswith("ies") and len(word) > 4:
        return word[:-3] + "y"
    if re.search(r"(?:ss|x|z|ch|sh)es$", word):
        return word[:-2]
    return word if re.search(r"(?:ss|us|is|os)$", word) else word[:-1]


def missing_words(tokenizer, words):
    """The encoder's own vocabulary stands in the order of frequency; the weight of a word follows its rank."""
    vocabulary = tokenizer.get_vocab()
    ranked = [word for word in sorted(vocabulary, key=vocabulary.get) if re.fullmatch("[a-z]{3,}", word)]
    known, found = set(words), {}
    for rank, word in enumerate(ranked, 1):
        if singular(word) not in known and len(found) < ADDED_WORDS:
            found.setdefault(singular(word), min(1, max(0.3, np.log(rank / 20) / np.log(1000))))
    return found


def unit(rows):
    return rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-9)


def directions(rows):
    return np.linalg.svd(rows, full_matrices=False)[2]


def main(model, words_in, words_out):
    raw = open(words_in, "rb").read()
    line = raw.index(b"\n")
    head = json.loads(raw[:line])
    size, dimensions, base = head["words"], head["dimensions"], line + 1 + head["wordBytes"]
    words = raw[line + 1 : base - 1].decode().split("\n")
    scales = np.frombuffer(raw, "<f4", size, base + 2 * size)
    corpus = np.frombuffer(raw, np.int8, size * dimensions, base + 6 * size).reshape(size, dimensions) * scales[:, None]
    weights, tokenizer = read_model(model)
    added = missing_words(tokenizer, words)
    encoded = encode(weights, tokenizer, words + list(added))
    centred = encoded - encoded[:size].mean(0)
    sentence = unit(centred @ directions(centred[:size])[SHARED_DIRECTIONS:].T)
    corpus = np.vstack([unit(corpus), np.zeros((len(added), dimensions))])
    both = np.hstack([np.sqrt(1 - ENCODER_SHARE) * corpus, np.sqrt(ENCODER_SHARE) * sentence])
    blended = unit(both @ directions(both[:size])[:dimensions].T)
    steps = (np.abs(blended).max(1) / 127).astype("<f4")
    head["about"]["encoder"] = "all-MiniLM-L6-v2 (Apache-2.0), of each word alone"
    spelled = "".join(f"{word}\n" for word in [*words, *added]).encode()
    head |= {"words": size + len(added), "wordBytes": len(spelled)}
    told = np.rint(255 * np.array(list(added.values()))).astype(np.uint8).tobytes()
    with open(words_out, "wb") as out:
        out.write(json.dumps(head, separators=(",", ":")).encode() + b"\n" + spelled)
        out.write(raw[base : base + size] + told + raw[base + size : base + 2 * size] + told)
        out.write(steps.tobytes() + np.rint(blended / steps[:, None]).astype(np.int8).tobytes())


main(*sys.argv[1:])
