#!/usr/bin/env python3
"""How far Drafts' estimate of a listing's tokens is from what public tokenizers count.

    pip install --no-deps litellm tiktoken tokenizers regex && pip install pyyaml
    token_estimate.py OPENAPI_FILE...

Takes up to 40 operations of each document as an agent would be listed them (references followed two deep), and prints,
for each vocabulary that litellm's wheel carries, the mean, the 95th percentile and the worst of the relative error.
`estimate` transcribes Sources/Registry/Compiled/TokenEstimate.swift: keep the two alike.
"""
import importlib.util, json, os, pathlib, random, re, sys

import yaml

PIECE = re.compile(
    r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+|[^\x00-\x7f]+|[ \t]+|[\r\n]+|[\x00-\x08\x0b-\x1f\x21-\x2f\x3a-\x40\x5b-\x60\x7b-\x7f]+"
)


def estimate(text):
    total = 0
    for piece in PIECE.findall(text):
        first, size = piece[0], len(piece)
        if not first.isascii():
            total += 80 * size
        elif first.isalpha():
            total += 105 + 10 * max(0, size - 9)
        elif first.isdigit():
            total += 100 * ((size + 2) // 3)
        elif first in " \t":
            total += 50 if size > 1 else 0
        elif first in "\r\n":
            total += 50
        elif size == 1 and first in "_-./":
            total += 75
        else:
            total += 90 + 25 * max(0, size - 3)
    return max(1, (total + 50) // 100) if text else 0


def tokenizers():
    package = pathlib.Path(importlib.util.find_spec("litellm").origin).parent
    folder = package / "litellm_core_utils" / "tokenizers"
    os.environ["TIKTOKEN_CACHE_DIR"] = str(folder)
    import tiktoken
    from tokenizers import Tokenizer

    for name in ("cl100k_base", "o200k_base"):
        encoding = tiktoken.get_encoding(name)
        yield name, lambda text, encoding=encoding: len(encoding.encode(text, disallowed_special=()))
    published = Tokenizer.from_file(str(folder / "anthropic_tokenizer.json"))
    yield "anthropic", lambda text: len(published.encode(text).ids)


def listings(path):
    text = pathlib.Path(path).read_text()
    root = json.loads(text) if path.endswith(".json") else yaml.load(text, getattr(yaml, "CSafeLoader", yaml.SafeLoader))

    def follow(node):
        while isinstance(node, dict) and isinstance(node.get("$ref"), str):
            target = root
            for key in node["$ref"].lstrip("#/").split("/"):
                target = target.get(key.replace("~1", "/").replace("~0", "~"), {}) if isinstance(target, dict) else {}
            node = target
        return node

    def inline(node, depth):
        if isinstance(node, list):
            return [inline(each, depth) for each in node]
        if not isinstance(node, dict):
            return node
        if isinstance(node.get("$ref"), str):
            return inline(follow(node), depth - 1) if depth else {}
        return {key: inline(value, depth) for key, value in node.items() if key != "example" and key[:2] != "x-"}

    methods = ("get", "post", "put", "patch", "delete")
    found = [
        (follow(item), method)
        for item in map(follow, root.get("paths", {}).values())
        for method in methods
        if isinstance(item, dict) and method in item
    ]
    random.Random(7).shuffle(found)
    for item, method in found[:40]:
        operation = follow(item[method])
        properties, required = {}, []
        for parameter in map(follow, item.get("parameters", []) + operation.get("parameters", [])):
            schema = inline(parameter.get("schema", {"type": parameter.get("type", "string")}), 2)
            properties[parameter.get("name", "")] = {**schema, "description": parameter.get("description", "")}
            required += [parameter.get("name", "")] if parameter.get("required") else []
        for content in list(follow(operation.get("requestBody", {})).get("content", {}).values())[:1]:
            schema = inline(content.get("schema", {}), 2)
            properties.update(schema.get("properties", {"body": schema}))
        schema = {"type": "object", "properties": properties, "required": required, "additionalProperties": False}
        text = json.dumps(schema, separators=(",", ":"), ensure_ascii=False, default=str)
        if len(text) < 60_000:
            about = operation.get("description") or operation.get("summary") or ""
            yield f"{operation.get('operationId', method)}\n{about}\n{text}"


def main():
    texts = [text for path in sys.argv[1:] for text in listings(path)]
    for name, count in tokenizers():
        errors = sorted(abs(estimate(text) / count(text) - 1) for text in texts)
        share = sum(map(estimate, texts)) / sum(map(count, texts)) - 1
        print(
            f"{name}: {len(texts)} listings, mean {sum(errors) / len(errors):.1%}, "
            f"95 % below {errors[int(len(errors) * 0.95)]:.1%}, worst {errors[-1]:.1%}, all together {share:+.1%}"
        )


main()
