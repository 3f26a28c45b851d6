#!/usr/bin/env python3
"""Calls every operation of a folder's documents with the documents' own examples, over a real relay and connector.

usage: examples.py SCOREBOARD BINARIES FOLDER [--limit N]

An example is accepted where the relay sends it and the origin has it. Of what is refused, openapi-schema-validator, which
shares nothing with the product, says whether the document's own schemas refuse it too. The last line is one JSON object.
"""

import argparse
import collections
import json
import os
import re
import subprocess
import time

from openapi_schema_validator import OAS30Validator, OAS31Validator
from product import Product
from source import NotComparable, Source

# An operation that has more examples than these is not called with all.
MOST = 20


class Example:
    """The arguments that one example of an operation comes to."""

    def __init__(self, arguments, given, checks):
        self.arguments, self.given, self.checks = arguments, given, checks


def values(holder, operation):
    """The values under `example` and `examples` of a parameter or a media type."""
    if holder.get("example") is not None:
        yield holder["example"]
    examples = holder.get("examples")
    for example in list(examples.values()) if isinstance(examples, dict) else []:
        try:
            example, _ = operation.source.follow(example, operation.resolver)
        except NotComparable:
            continue
        if isinstance(example, dict) and example.get("value") is not None:
            yield example["value"]


def of_schema(schema, resolver, operation):
    try:
        schema, _ = operation.source.follow(schema, resolver)
    except NotComparable:
        return
    if not isinstance(schema, dict):
        return
    if schema.get("example") is not None:
        yield schema["example"]
    if isinstance(schema.get("examples"), list):
        yield from schema["examples"][:3]


def filler(schema):
    """A value for what is required and has no example."""
    if "default" in schema:
        return schema["default"]
    if isinstance(schema.get("enum"), list) and schema["enum"]:
        return schema["enum"][0]
    kind = schema.get("type")
    kind = kind[0] if isinstance(kind, list) and kind else kind
    return {"integer": schema.get("minimum", 1), "number": schema.get("minimum", 1), "boolean": True, "array": [], "object": {}}.get(kind, "x")


class Examples:
    """The examples of one operation, as arguments of the endpoint that it became."""

    def __init__(self, operation, endpoint, schema):
        self.operation, self.endpoint = operation, endpoint
        self.schema = schema
        self.properties = schema.get("properties", {})
        self.by_place = {(p["in"], p["name"].lower() if p["in"] == "header" else p["name"]): p for p in endpoint.get("parameters", [])}

    def __iter__(self):
        common, given, checks = {}, set(), []
        for parameter in self.operation.parameters.values():
            known = self.by_place.get(parameter.key)
            if known is None:
                continue
            schema, resolver = parameter.schema_value()
            found = next(values(parameter.value, self.operation), None)
            if found is None:
                found = next(of_schema(parameter.schema, parameter.resolver, self.operation), None)
            if found is not None:
                name = known.get("argument", known["name"])
                common[name] = found
                given.add(name)
                checks.append((parameter.schema, parameter.resolver, found))
        bodies = list(self.bodies())
        if not bodies and not given:
            return
        for body, check in bodies[:MOST] or [(None, None)]:
            arguments, names = dict(common), set(given)
            if check is not None:
                arguments.update(body)
                names.update(body)
            for name in self.schema.get("required", []):
                if name not in arguments:
                    arguments[name] = filler(self.properties.get(name, {}))
            yield Example(arguments, names, checks + ([check] if check else []))

    def has_member(self, schema, resolver, name):
        schema, _ = self.operation.source.follow(schema, resolver)
        return name in (schema.get("properties") or {})

    def bodies(self):
        request = self.endpoint.get("request_body")
        if not isinstance(request, dict):
            return
        wanted = request.get("content_type", "application/json").split(";")[0].strip().lower()
        media = self.operation.body()
        chosen = [kind for kind in media if kind.split(";")[0].strip().lower() == wanted]
        if not chosen and wanted == "application/json":
            chosen = [kind for kind in media if "json" in kind or "*" in kind]
        is_argument = any(p.get("argument", p["name"]) == "body" for p in self.endpoint.get("parameters", []))
        for kind in chosen[:1]:
            holder, resolver = media[kind]
            schema = holder.get("schema", {})
            is_whole = "body" in self.properties and not is_argument and not self.has_member(schema, resolver, "body")
            found = list(values(holder, self.operation)) or list(of_schema(schema, resolver, self.operation))
            for value in found:
                if "json" not in wanted and wanted != "*/*" and not isinstance(value, dict if "form" in wanted else str):
                    continue
                if isinstance(value, str) and "json" in wanted and "json" not in str(schema.get("type")):
                    # Some write JSON as a text.
                    try:
                        value = json.loads(value)
                    except ValueError:
                        pass
                if is_whole:
                    yield {"body": value}, (schema, resolver, value)
                elif isinstance(value, dict):
                    yield value, (schema, resolver, value)
                elif value is not None:
                    yield {"body": value}, (schema, resolver, value)


def own_fault(checks, operation):
    """Whether the document's own schemas refuse its example, as another implementation has it; nil where it cannot tell."""
    kind = OAS31Validator if operation.source.is_31 else OAS30Validator
    verdict = False
    for schema, resolver, value in checks:
        try:
            if not kind(schema, _resolver=resolver).is_valid(json.loads(json.dumps(value, default=float))):
                return True
        except Exception:
            verdict = None
    return verdict


def reason(violation):
    text = re.sub(r'"[^"]*"', '"…"', violation.get("message", ""))
    return re.sub(r"\d+", "N", text)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("program")
    parser.add_argument("binaries")
    parser.add_argument("folder")
    parser.add_argument("--limit", type=int, default=0)
    parser.add_argument("--show", type=int, default=40)
    options = parser.parse_args()
    print(json.dumps(score(options.program, options.binaries, options.folder, options.limit, options.show)))


def score(program, binaries, folder, limit=0, show=40):
    """Calls the examples, prints what they are refused for, and gives the figures."""
    start = time.monotonic()
    listed = subprocess.run([program, "openapi-list", folder], check=True, stdout=subprocess.PIPE).stdout
    documents = [json.loads(line) for line in listed.splitlines()]
    if limit:
        documents = documents[:: max(1, len(documents) // limit)][:limit]
    total = collections.Counter()
    reasons, shown = collections.Counter(), []
    with Product(binaries) as product:
        for number, document in enumerate(documents):
            run(product, folder, document, f"d{number}", total, reasons, shown)
        total["arrived"] = product.recorder.count
    print("\nwhat the documents' own examples are refused for:")
    for (fault, text), count in reasons.most_common(40):
        print(f"{count:>6}  {fault:<9} {text[:160]}")
    for line in shown[:show]:
        print(f"    {line}")
    accepted, examples = total["accepted"], total["examples"]
    print(
        f"examples: {examples}, accepted {accepted} ({100 * accepted / max(1, examples):.1f} %), refused by the document's own"
        f" schemas {total['own fault']}, by the product alone {total['ours']}, not judged {total['unclear']},"
        f" failed otherwise {total['failed']}"
    )
    return {
        "examples": examples,
        "examples_accepted": accepted,
        "examples_arrived": total["arrived"],
        "examples_refused_by_their_own_schemas": total["own fault"],
        "examples_refused_by_the_product": total["ours"],
        "examples_refused_unclear": total["unclear"],
        "examples_failed": total["failed"],
        "example_documents": total["documents"],
        "example_seconds": round(time.monotonic() - start, 1),
    }


def run(product, folder, document, slug, total, reasons, shown):
    files = {}
    for name in document["files"]:
        with open(os.path.join(folder, name), "rb") as file:
            files[name] = file.read().decode("utf-8", "replace")
    status, draft = product.send("POST", "/v1/apis:import", product.user, {"files": files, "root": document["document"]})
    if status != 200:
        return
    definition = draft["definition"]
    if not definition.get("endpoints"):
        return
    definition.pop("authentication", None)
    definition["slug"] = slug
    definition["connection"] = {"base_url": product.origin}
    definition["tunnel"] = {"enabled": True, "type": "platform_agent", "tunnel_id": product.tunnel}
    definition["security"] = {**definition.get("security", {}), "validation": "off"}
    status, answer = product.send("POST", "/v1/apis", product.user, definition)
    if status not in (200, 201):
        shown.append(f"{document['document']}: not saved: {json.dumps(answer)[:300]}")
        return
    try:
        source = Source(folder, document["document"], document["files"])
    except Exception as error:
        shown.append(f"{document['document']}: cannot be loaded independently: {error}"[:200])
        return
    total["documents"] += 1
    endpoints = {endpoint["name"]: endpoint for endpoint in definition["endpoints"]}
    for operation in draft["operations"]:
        endpoint = endpoints.get(operation.get("name"))
        if endpoint is None:
            continue
        try:
            described = source.operation(operation["path"], operation["method"])
            if not may_have_examples(described):
                continue
            status, tool = product.send("GET", f"/v1/tools/{slug}/{endpoint['name']}", product.agent)
            examples = list(Examples(described, endpoint, tool["input_schema"]))
        except (NotComparable, KeyError, AttributeError, TypeError) as error:
            total["operations not read"] += 1
            if os.environ.get("PENSTOCK_TRACE"):
                shown.append(f"{document['document']} {operation['method']} {operation['path']}: {error!r}")
            continue
        for example in examples:
            call(product, slug, endpoint, described, example, total, reasons, shown, document["document"])
    product.send("DELETE", f"/v1/apis/{slug}", product.user)


def may_have_examples(operation):
    return bool(operation.parameters) or "requestBody" in operation.operation


def call(product, slug, endpoint, operation, example, total, reasons, shown, document):
    status, answer = product.send("POST", f"/v1/tools/{slug}/{endpoint['name']}", product.agent, example.arguments)
    if status == 400:
        violations = answer.get("violations") or []
        tokens = [violation["pointer"].split("/")[1] if "/" in violation["pointer"] else "" for violation in violations]
        names = [token.replace("~1", "/").replace("~0", "~") for token in tokens]
        if names and all(name and name not in example.given for name in names):
            # Only what was made up beside the example is wrong.
            total["made up"] += 1
            return
        total["examples"] += 1
        fault = {True: "own fault", False: "ours", None: "unclear"}[own_fault(example.checks, operation)]
        total[fault] += 1
        first = violations[0] if violations else {"message": answer.get("detail", "")}
        reasons[(fault, reason(first))] += 1
        if fault == "ours":
            shown.append(f"{document} {operation.pointer}: {json.dumps(violations)[:300]}")
        return
    total["examples"] += 1
    if status == 200:
        total["accepted"] += 1
    else:
        total["failed"] += 1
        reasons[("failed", f"{answer.get('code')}: {answer.get('detail')}")] += 1


if __name__ == "__main__":
    main()
