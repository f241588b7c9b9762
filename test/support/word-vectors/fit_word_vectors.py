"""Fits a vector for every word, so that the weighted mean of the words of a text comes near what a sentence encoder,
all-MiniLM-L6-v2, makes of the whole text.

usage: fit_word_vectors.py DIRECTORY_OF_THE_MODEL FOLDER WORDS_OUT
The directory holds model.safetensors and tokenizer.json, the folder what write-corpus.ts wrote; needs numpy, scipy and
tokenizers. What is encoded is kept in the folder, so that an interrupted run goes on.
"""

import json
import os
import random
import struct
import sys
from collections import Counter

import numpy as np
from scipy import sparse
from tokenizers import Tokenizer

HEADS, LAYERS, BATCH = 12, 6, 32
TEXTS, CHUNK = 68_000, 4_000
MIXTURE = {"description": 22_000, "definition": 45_000, "example": 28_000}
LONGEST = 32  # words
DIMENSIONS = 128
SHARED_DIRECTIONS = 1  # of the encoder: what all texts have in common
# Descriptions of software count threefold: 1.7 points of first tags right of Go libraries, nothing elsewhere.
ROW_WEIGHTS = {"description": 3, "definition": 1, "example": 1}
# What the encoder makes of a word alone counts as much as one text; half and three times as much are within noise of it.
OWN_WEIGHT = 1
COUNT_LIMIT = 2  # as the ranker counts: src/ranker/meaning/meaning.ts


def read_model(directory):
    raw = open(f"{directory}/model.safetensors", "rb").read()
    size = struct.unpack("<Q", raw[:8])[0]
    head = json.loads(raw[8 : 8 + size])
    tensor = lambda at: np.frombuffer(raw[8 + size + at["data_offsets"][0] : 8 + size + at["data_offsets"][1]], np.float32)
    weights = {key: tensor(at).reshape(at["shape"]) for key, at in head.items() if at.get("dtype") == "F32"}
    tokenizer = Tokenizer.from_file(f"{directory}/tokenizer.json")
    tokenizer.no_padding()
    tokenizer.enable_truncation(40)
    return weights, tokenizer


def encode(model, texts):
    """What the encoder makes of each text: rows of length one, 384 columns."""
    weights, tokenizer = model

    def norm(x, name):
        x = (x - x.mean(-1, keepdims=True)) / np.sqrt(x.var(-1, keepdims=True) + 1e-12)
        return x * weights[f"{name}.weight"] + weights[f"{name}.bias"]

    linear = lambda x, name: x @ weights[f"{name}.weight"].T + weights[f"{name}.bias"]
    gelu = lambda x: x * np.float32(0.5) * (1 + np.tanh(np.float32(0.7978846) * (x + np.float32(0.044715) * x * x * x)))
    encoded = [encoding.ids for encoding in tokenizer.encode_batch(texts)]
    order = sorted(range(len(texts)), key=lambda at: len(encoded[at]))
    found = np.zeros((len(texts), 384), np.float32)
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
            score = query @ key.transpose(0, 1, 3, 2) / np.float32(np.sqrt(32)) - (1 - mask)[:, None, None, :] * np.float32(1e4)
            score = np.exp(score - score.max(-1, keepdims=True))
            context = (score / score.sum(-1, keepdims=True) @ value).transpose(0, 2, 1, 3).reshape(x.shape)
            x = norm(linear(context, f"{name}.attention.output.dense") + x, f"{name}.attention.output.LayerNorm")
            inner = linear(gelu(linear(x, f"{name}.intermediate.dense")), f"{name}.output.dense")
            x = norm(inner + x, f"{name}.output.LayerNorm")
        found[rows] = (x * mask[:, :, None]).sum(1) / mask.sum(1, keepdims=True)
    return unit(found)


def encode_in_chunks(model, texts, folder, name):
    os.makedirs(f"{folder}/encoded", exist_ok=True)
    chunks = []
    for start in range(0, len(texts), CHUNK):
        file = f"{folder}/encoded/{name}-{start:06d}.npy"
        if not os.path.exists(file):
            np.save(f"{file}.tmp.npy", encode(model, texts[start : start + CHUNK]).astype(np.float16))
            os.rename(f"{file}.tmp.npy", file)
            print(f"{start + CHUNK} of {len(texts)} {name} encoded", file=sys.stderr)
        chunks.append(np.load(file))
    return np.vstack(chunks).astype(np.float32)


def read_lines(file):
    return [json.loads(line) for line in open(file)]


def chosen(texts):
    """A mixture of all kinds, each text once, in an order that chance has made."""
    random.seed(1)
    seen, kinds = set(), {}
    for text in texts:
        if text["text"] not in seen and len(text["tokens"]) <= LONGEST:
            seen.add(text["text"])
            kinds.setdefault(text["kind"], []).append(text)
    for rows in kinds.values():
        random.shuffle(rows)
    mixture = [text for kind, count in MIXTURE.items() for text in kinds[kind][:count]]
    random.shuffle(mixture)
    return mixture[:TEXTS]


def unit(rows):
    return rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-9)


def weighted_means(texts, words):
    """A row a text: how much each word is of it."""
    places = {row["word"]: at for at, row in enumerate(words)}
    rows, columns, values = [], [], []
    for at, text in enumerate(texts):
        shares = {}
        for token, count in Counter(token for token in text["tokens"] if token in places).items():
            times = min(count, COUNT_LIMIT)
            shares[places[token]] = words[places[token]]["body"] * times / (times + 1)
        total = sum(shares.values()) or 1
        for place, share in shares.items():
            rows.append(at), columns.append(place), values.append(share / total)
    return sparse.csr_matrix((values, (rows, columns)), shape=(len(texts), len(words)))


def fit(means, targets, own):
    """Least squares, regularised towards what the encoder makes of each word alone; by conjugate gradients."""
    normal = (means.T @ means).tocsr()
    product = lambda vectors: normal @ vectors + OWN_WEIGHT * vectors
    diagonal = (normal.diagonal() + OWN_WEIGHT)[:, None]
    vectors = own.astype(np.float64)
    residual = means.T @ targets + OWN_WEIGHT * own - product(vectors)
    scaled = residual / diagonal
    direction, size = scaled.copy(), (residual * scaled).sum(0)
    for _ in range(60):
        moved = product(direction)
        step = size / np.maximum((direction * moved).sum(0), 1e-12)
        vectors += step * direction
        residual -= step * moved
        scaled = residual / diagonal
        before, size = size, (residual * scaled).sum(0)
        direction = scaled + size / np.maximum(before, 1e-12) * direction
    return vectors


def write(file, about, words, vectors):
    """The layout that src/ranker/meaning/word-vectors.ts reads."""
    steps = (np.abs(vectors).max(1) / 127).astype("<f4")
    spelled = "".join(f"{row['word']}\n" for row in words).encode()
    sizes = {"words": len(words), "wordBytes": len(spelled), "dimensions": DIMENSIONS}
    head = {"format": "tagsmith-words-1", "about": about, **sizes}
    told = lambda part: np.rint(255 * np.array([row[part] for row in words])).astype(np.uint8).tobytes()
    with open(file, "wb") as out:
        out.write(json.dumps(head, separators=(",", ":")).encode() + b"\n" + spelled + told("body") + told("name"))
        out.write(steps.tobytes() + np.rint(vectors / steps[:, None]).astype(np.int8).tobytes())


def main(model_directory, folder, words_out):
    model = read_model(model_directory)
    words = read_lines(f"{folder}/words.jsonl")
    texts = chosen(read_lines(f"{folder}/texts.jsonl"))
    alone = encode_in_chunks(model, [row["word"] for row in words], folder, "words")
    whole = encode_in_chunks(model, [text["text"] for text in texts], folder, "texts")
    centred = unit(whole - whole.mean(0))
    directions = np.linalg.svd(centred[::3], full_matrices=False)[2][SHARED_DIRECTIONS : SHARED_DIRECTIONS + DIMENSIONS].T
    own = unit(alone - alone.mean(0)) @ directions
    targets = centred @ directions
    means = weighted_means(texts, words)
    heavy = np.sqrt([ROW_WEIGHTS[text["kind"]] for text in texts])[:, None]
    vectors = fit(sparse.csr_matrix(means.multiply(heavy)), heavy * targets, own)
    fits = lambda of: (unit(means @ of) * unit(targets)).sum(1).mean()
    print(f"mean cosine with the encoder: words alone {fits(own):.3f}, fitted {fits(vectors):.3f}", file=sys.stderr)
    about = json.load(open(f"{folder}/about.json"))
    about |= {"encoder": "all-MiniLM-L6-v2 (Apache-2.0): its vectors of whole texts are what the words are fitted to", "texts": len(texts)}
    write(words_out, about, words, vectors)


main(*sys.argv[1:])
