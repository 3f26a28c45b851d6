"""The documents as their authors wrote them: loaded by PyYAML or json, references resolved by `referencing`."""

import json
import os
import re
from decimal import Decimal
from urllib.parse import quote, unquote, urlsplit

import yaml
from referencing import Registry, Specification
from referencing.exceptions import Unresolvable

OPAQUE = Specification(
    name="opaque",
    id_of=lambda contents: None,
    subresources_of=lambda contents: [],
    maybe_in_subresource=lambda segments, resolver, subresource: resolver,
    anchors_in=lambda specification, contents: [],
)
METHODS = {"get", "put", "post", "delete", "options", "head", "patch", "trace"}


class NotComparable(Exception):
    """Nothing can be said of this request, for the reason given."""


class Loader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):
    """YAML 1.2's core schema: dates, `yes` and `0777` are no values of their own."""


Loader.yaml_implicit_resolvers = {}
for tag, expression, first in (
    ("tag:yaml.org,2002:bool", r"^(?:true|True|TRUE|false|False|FALSE)$", "tTfF"),
    ("tag:yaml.org,2002:int", r"^[-+]?[0-9]+$", "-+0123456789"),
    ("tag:yaml.org,2002:null", r"^(?:~|null|Null|NULL|)$", ["~", "n", "N", ""]),
    ("tag:yaml.org,2002:merge", r"^<<$", "<"),
    ("tag:yaml.org,2002:float", r"^[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?$", "-+0123456789."),
):
    Loader.add_implicit_resolver(tag, re.compile(expression), list(first))
Loader.add_constructor("tag:yaml.org,2002:float", lambda loader, node: Decimal(loader.construct_scalar(node)))
Loader.add_constructor("tag:yaml.org,2002:int", lambda loader, node: int(loader.construct_scalar(node)))


def text_keys(value):
    """Keys of objects are strings, whatever YAML takes them for."""
    if isinstance(value, dict):
        if any(not isinstance(key, str) for key in value):
            return {
                key if isinstance(key, str) else json.dumps(key, default=str): text_keys(member)
                for key, member in value.items()
            }
        for member in value.values():
            if isinstance(member, (dict, list)):
                break
        else:
            return value
        return {key: text_keys(member) for key, member in value.items()}
    if isinstance(value, list):
        return [text_keys(element) for element in value]
    return value


def load(path):
    with open(path, "rb") as file:
        data = file.read()
    if data[:3] == b"\xef\xbb\xbf":
        data = data[3:]
    if path.lower().endswith(".json") or data.lstrip()[:1] == b"{":
        try:
            return json.loads(data.decode("utf-8"), parse_float=Decimal)
        except ValueError:
            pass
    return text_keys(yaml.load(data, Loader=Loader))


class Source:
    """One document, with the files that it leads to."""

    def __init__(self, folder, root, files):
        resources = []
        for name in files:
            try:
                contents = load(os.path.join(folder, name))
            except (OSError, ValueError, yaml.YAMLError):
                if name == root:
                    raise
                continue
            resources.append((self.uri(name), OPAQUE.create_resource(contents)))
        known = dict(resources)

        def retrieve(uri):
            """Names of files are percent-encoded in many ways."""
            return known[self.uri(unquote(uri.removeprefix("file:///")))]

        self.resolver = Registry(retrieve=retrieve).with_resources(resources).resolver(base_uri=self.uri(root))
        self.root = known[self.uri(root)].contents
        if not isinstance(self.root, dict):
            raise ValueError("the document is no object")
        self.is_swagger = "swagger" in self.root
        self.is_31 = str(self.root.get("openapi", "")).startswith("3.1")
        self.operations = {}

    @staticmethod
    def uri(name):
        return "file:///" + quote(name)

    def follow(self, value, resolver):
        """What a reference leads to, and where relative references count from there."""
        for _ in range(32):
            if not isinstance(value, dict) or not isinstance(value.get("$ref"), str):
                return value, resolver
            try:
                found = resolver.lookup(value["$ref"])
            except (Unresolvable, ValueError, KeyError, TypeError, IndexError) as error:
                raise NotComparable("a reference of the document leads nowhere") from error
            value, resolver = found.contents, found.resolver
        raise NotComparable("a reference leads to itself")

    def operation(self, path, method):
        key = (path, method)
        if key not in self.operations:
            self.operations[key] = Operation(self, path, method)
        return self.operations[key]


class Operation:
    """An operation's parameters, body and servers."""

    def __init__(self, source, path, method):
        self.source = source
        self.path = path
        item, resolver = source.root["paths"][path], source.resolver
        beside = item if isinstance(item, dict) else {}
        item, resolver = source.follow(item, resolver)
        operation = item.get(method.lower())
        if operation is None:
            # Beside a reference, what stands there counts too.
            operation, resolver, item = beside[method.lower()], source.resolver, beside
        self.unresolved = None
        try:
            operation, resolver = source.follow(operation, resolver)
        except NotComparable as error:
            # Its path still says something.
            operation, self.unresolved = {}, str(error)
        self.operation, self.resolver = operation, resolver
        self.pointer = f"/paths/{path.replace('~', '~0').replace('/', '~1')}/{method.lower()}"
        self.parameters = {}
        for parameter in (item.get("parameters") or []) + (operation.get("parameters") or []):
            try:
                parameter, place = source.follow(parameter, resolver)
            except NotComparable as error:
                self.unresolved = str(error)
                continue
            if isinstance(parameter, dict) and isinstance(parameter.get("name"), str):
                known = Parameter(self, parameter, place)
                self.parameters[known.key] = known
        self.prefixes = self.server_paths(item)

    def server_paths(self, item):
        """What may stand before the path, by the servers nearest to the operation."""
        root = self.source.root
        if self.source.is_swagger:
            return [(root.get("basePath") or "").rstrip("/")]
        servers = self.operation.get("servers") or item.get("servers") or root.get("servers") or [{"url": "/"}]
        paths = []
        for server in servers:
            if not isinstance(server, dict) or not isinstance(server.get("url"), str):
                continue
            url = server["url"]
            for name, variable in (server.get("variables") or {}).items():
                if isinstance(variable, dict):
                    url = url.replace("{" + name + "}", str(variable.get("default", "")))
            paths.append(urlsplit(url.strip()).path.rstrip("/"))
        return paths

    def body(self):
        """The request's body: media types with their schemas and encodings; none where there is none."""
        if not self.source.is_swagger:
            body, resolver = self.source.follow(self.operation.get("requestBody") or {}, self.resolver)
            return {
                kind: (media if isinstance(media, dict) else {}, resolver)
                for kind, media in (body.get("content") or {}).items()
            }
        for parameter in self.parameters.values():
            if parameter.place == "body":
                kinds = self.operation.get("consumes") or self.source.root.get("consumes") or ["application/json"]
                return {kind: (parameter.value, parameter.resolver) for kind in kinds}
        return {}

    def form_fields(self):
        """The fields of a form of Swagger 2.0."""
        return {known.name: known for known in self.parameters.values() if known.place == "formData"}

    def credential_names(self):
        """What security schemes put into requests: declared as parameters too, at times."""
        root = self.source.root
        schemes = root.get("securityDefinitions") or (root.get("components") or {}).get("securitySchemes") or {}
        names = set()
        for scheme in schemes.values():
            try:
                scheme, _ = self.source.follow(scheme, self.source.resolver)
            except NotComparable:
                continue
            if isinstance(scheme, dict) and scheme.get("type") == "apiKey":
                names.add((scheme.get("in"), str(scheme.get("name")).lower()))
        if not schemes:
            # Documents without schemes describe their credentials as headers, which no caller may set either.
            credential = re.compile(r"authorization|(^|-)(api-?key|apikey|token|subscription-key|functions-key)$")
            headers = {known.name.lower() for known in self.parameters.values() if known.place == "header"}
            names.update(("header", name) for name in headers if credential.search(name))
        return names


class Parameter:
    """A parameter with its style, OpenAPI's defaults filled in."""

    def __init__(self, operation, value, resolver):
        self.operation, self.value, self.resolver = operation, value, resolver
        self.name, self.place = value["name"], value.get("in")
        name = self.name.lower() if self.place == "header" else self.name
        self.key = (self.place, name)
        content = value.get("content")
        self.is_json = isinstance(content, dict) and bool(content) and "schema" not in value
        self.schema = value.get("schema")
        if operation.source.is_swagger and self.schema is None:
            self.schema = value
        self.read_style()
        # No style but deepObject says how lists and objects inside others are written: they are JSON, as a finding says.
        if self.place in ("query", "header", "cookie") and self.style != "deepObject" and self.is_nested():
            self.is_json = True

    def is_nested(self):
        schema, resolver = self.schema_value()
        parts = [schema["items"]] if "items" in schema else list((schema.get("properties") or {}).values())
        kinds = [self.is_container(part, resolver) for part in parts]
        return bool(kinds) and all(kinds)

    def is_container(self, schema, resolver):
        try:
            schema, _ = self.operation.source.follow(schema, resolver)
        except NotComparable:
            return False
        if not isinstance(schema, dict):
            return False
        kind = schema.get("type")
        if kind is None:
            return bool(schema.get("properties"))
        kinds = kind if isinstance(kind, list) else [kind]
        return all(name in ("array", "object", "null") for name in kinds) and kinds != ["null"]

    def read_style(self):
        value = self.value
        if self.operation.source.is_swagger or ("collectionFormat" in value and "style" not in value):
            kind = str(value.get("collectionFormat", "csv")).lower()
            allowed = {"ssv": "spaceDelimited", "tsv": "tabDelimited", "pipes": "pipeDelimited"}
            self.explode = kind == "multi" and self.place in ("query", "formData")
            default = "form" if self.place in ("query", "formData", "cookie") else "simple"
            self.style = allowed.get(kind, default) if self.place in ("query", "formData") else default
            return
        default = {"query": "form", "cookie": "form"}.get(self.place, "simple")
        allowed = {
            "path": ["simple", "label", "matrix"],
            "query": ["form", "spaceDelimited", "pipeDelimited", "deepObject"],
            "header": ["simple"],
            "cookie": ["form"],
        }.get(self.place, [default])
        self.style = value.get("style", default)
        if self.style not in allowed:
            self.style = default
        explode = value.get("explode")
        self.explode = explode if isinstance(explode, bool) else self.style == "form"

    def schema_value(self):
        try:
            schema, resolver = self.operation.source.follow(self.schema, self.resolver)
        except NotComparable:
            return {}, self.resolver
        return (schema if isinstance(schema, dict) else {}), resolver

    @property
    def default(self):
        return self.schema_value()[0].get("default")

    @property
    def required(self):
        return self.value.get("required") is True
