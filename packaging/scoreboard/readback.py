"""Reads a request back by the document that describes it, and compares it with the arguments it was made from.

Styles are taken apart by openapi-core, collection formats of 2.0 by bravado-core, multipart by werkzeug; what those lack
stands here, by RFC 6570 and RFC 3986: text is split first and decoded afterwards.
"""

import base64
import binascii
import json
import re
from decimal import Decimal, InvalidOperation
from email.message import Message
from io import BytesIO
from urllib.parse import parse_qsl, quote, unquote

from bravado_core.param import COLLECTION_FORMATS
from openapi_core.deserializing.styles import style_deserializers
from werkzeug.datastructures import MultiDict
from werkzeug.formparser import FormDataParser

from source import NotComparable

# OpenAPI says that their declaration is ignored, or HTTP that no caller may set them.
RESERVED_HEADERS = {
    "accept", "authorization", "content-type", "content-length", "content-encoding", "host", "connection", "cookie",
    "transfer-encoding", "te", "trailer", "upgrade", "keep-alive", "expect", "accept-encoding", "user-agent",
    "x-http-method-override", "x-http-method", "x-method-override", "via", "forwarded", "origin", "referer", "date",
}  # fmt: skip


class Mismatch(Exception):
    """The request says something else than its arguments."""


def same(expected, text):
    """Whether a text is the scalar: cast to the type that the argument has, as a server casts by its schema."""
    if isinstance(expected, bool):
        return text == ("true" if expected else "false")
    if isinstance(expected, (int, Decimal)):
        try:
            return Decimal(text) == expected
        except InvalidOperation:
            return False
    return expected == text


def equal(left, right):
    """Equality of JSON: `true` is not 1, but 1.0 is."""
    if isinstance(left, bool) or isinstance(right, bool):
        return left is right
    if isinstance(left, dict) and isinstance(right, dict):
        return left.keys() == right.keys() and all(equal(member, right[key]) for key, member in left.items())
    if isinstance(left, list) and isinstance(right, list):
        return len(left) == len(right) and all(map(equal, left, right))
    if isinstance(left, (int, Decimal)) and isinstance(right, (int, Decimal)):
        return left == right
    return type(left) is type(right) and left == right


def matches(expected, found):
    """Whether what a style was read as is the argument."""
    if isinstance(expected, dict):
        if not isinstance(found, dict):
            return False
        members = {key: value for key, value in expected.items() if value is not None}
        return members.keys() == found.keys() and all(matches(value, found[key]) for key, value in members.items())
    if isinstance(expected, list) and isinstance(found, dict) and all(key.isdecimal() for key in found):
        # A list of objects in a deep object: `name[0][key]`.
        found = [found[key] for key in sorted(found, key=int)]
    if isinstance(expected, list):
        elements = [value for value in expected if value is not None]
        return isinstance(found, list) and len(elements) == len(found) and all(map(matches, elements, found))
    return isinstance(found, str) and same(expected, found)


def shape(value):
    return "object" if isinstance(value, dict) else "array" if isinstance(value, list) else "string"


def decoded(value):
    if isinstance(value, dict):
        return {unquote(key, errors="strict"): decoded(member) for key, member in value.items()}
    if isinstance(value, list):
        return [decoded(element) for element in value]
    return unquote(value, errors="strict")


class Request:
    """One rendered request, to be read back."""

    def __init__(self, operation, line):
        self.operation, self.line = operation, line
        self.expected = {}
        for parameter in line["parameters"]:
            name = parameter["name"].lower() if parameter["in"] == "header" else parameter["name"]
            self.expected[(parameter["in"], name)] = parameter["value"]
        self.unread = dict(self.expected)
        self.headers = {name.lower(): value for name, value in line["headers"]}
        path, _, query = line["target"].partition("?")
        self.path = path
        self.query = MultiDict()
        for pair in query.split("&") if query else []:
            name, _, value = pair.partition("=")
            self.query.add(unquote(name, errors="strict"), value)
        self.cookies = MultiDict()
        for pair in self.headers.get("cookie", "").split("; "):
            if pair:
                name, _, value = pair.partition("=")
                self.cookies.add(unquote(name, errors="strict"), value)

    def check(self):
        """Raises `Mismatch` or `NotComparable`."""
        self.check_path()
        used = {("query", name) for name in self.fixed}
        for key, parameter in self.operation.parameters.items():
            if parameter.place in ("query", "header", "cookie"):
                used.update(self.check_parameter(key, parameter))
        for place, found in (("query", self.query), ("cookie", self.cookies)):
            for name in found:
                if (place, name) not in used:
                    if self.operation.unresolved:
                        raise NotComparable(self.operation.unresolved)
                    raise Mismatch(f"the {place} has {name!r}, which no parameter explains")
        if self.unread:
            if self.operation.unresolved:
                raise NotComparable(self.operation.unresolved)
            raise Mismatch(f"the document has no parameters {sorted(self.unread)}")
        self.check_body()

    # The path

    def check_path(self):
        template, _, query = self.operation.path.partition("#")[0].partition("?")
        self.fixed, self.renamed = set(), {}
        for pair in filter(None, query.split("&")):
            name, _, value = pair.partition("=")
            braces = re.fullmatch(r"\{(.*)\}", value)
            if braces:
                self.renamed[unquote(name)] = braces[1]
                continue
            self.fixed.add(unquote(name))
            if (unquote(value) not in [unquote(found) for found in self.query.getlist(unquote(name))]):
                raise Mismatch(f"the query of the path is not there: {pair}")
        names = re.findall(r"\{([^{}]*)\}", template)
        for prefix in self.operation.prefixes + [self.line["base"]]:
            found = self.match(prefix, template)
            if found is not None:
                break
        else:
            raise Mismatch(f"the path is not {self.operation.prefixes} + {template}")
        if len(set(names)) < len(names):
            raise NotComparable("a name stands twice in the path")
        if re.search(r"\}[^/{}]{0,1}\{", template):
            self.check_joined(template, names, found)
            return
        for name, text in zip(names, found):
            self.check_path_value(name, text)

    def match(self, prefix, template):
        whole = re.sub(r"/{2,}", "/", prefix.rstrip("/") + "/" + template.lstrip("/"))
        expression = ""
        for part in re.split(r"(\{[^{}]*\})", whole):
            if part.startswith("{") and part.endswith("}"):
                expression += "([^/]*)" if part[1:2] not in ("?", "&") else "()"
            else:
                expression += "".join(self.literal(character) for character in part)
        found = re.fullmatch(expression, self.path)
        return list(found.groups()) if found else None

    @staticmethod
    def literal(character):
        """A character as it is or percent-encoded."""
        encoded = quote(character, safe="")
        if encoded == character:
            encoded = "".join(f"%{byte:02X}" for byte in character.encode())
        return f"(?:{re.escape(character)}|(?i:{re.escape(encoded)}))"

    def path_key(self, name):
        plain = re.sub(r"^[+.;/#]|[*+]$|=.*$", "", name)
        for candidate in (name, plain, re.sub(r"[^A-Za-z0-9._~$@-]+", "_", plain).strip("_")):
            if ("path", candidate) in self.unread:
                return ("path", candidate)
        return None

    def check_path_value(self, name, text):
        key = self.path_key(name)
        parameter = self.operation.parameters.get(("path", name)) or self.operation.parameters.get(key)
        if key is None:
            if name[:1] in ("?", "&"):
                return
            if parameter is not None and self.is_default(parameter, text):
                return
            raise Mismatch(f"{name} stands in the path and not in the arguments")
        expected = self.unread.pop(key)
        if parameter is None:
            if not same(expected, unquote(text, errors="strict")):
                raise Mismatch(f"path parameter {name}: {text!r} is not {expected!r}")
            return
        self.compare(parameter, expected, lambda: self.path_value(parameter, expected, text), text)

    def check_joined(self, template, names, found):
        """Values with next to nothing between them can be split in many ways: the values themselves are looked for."""
        for name, text in zip(names, found):
            key = self.path_key(name)
            if key is None or not isinstance(self.unread.get(key), (str, int, Decimal)):
                raise NotComparable("values in the path have nothing between them")
        expected = [self.unread.pop(self.path_key(name)) for name in names]
        pieces = re.split(r"\{[^{}]*\}", template)
        texts = [value if isinstance(value, str) else "true" if value is True else "false" if value is False else str(value)
                 for value in expected]  # fmt: skip
        whole = "".join(piece + text for piece, text in zip(pieces, texts + [""]))
        if not unquote(self.path, errors="strict").endswith(whole):
            raise Mismatch(f"the path does not end in {whole!r}")

    def path_value(self, parameter, expected, text):
        kind = shape(expected)
        if expected in ([], {}):
            return type(expected)() if text == "" else text
        name = quote(parameter.name, safe="-._~")
        if parameter.is_json:
            return None
        mark = {"label": ".", "matrix": ";"}.get(parameter.style, "")
        star = "*" if parameter.explode and mark else ""
        if parameter.style == "matrix":
            if re.escape(name) != name and not re.fullmatch(r"[\w.~-]+", name):
                raise NotComparable("openapi-core takes a parameter's name for a pattern")
            # RFC 6570, 3.2.7: a value that is empty has no equals sign, which openapi-core does not know.
            pieces = [piece if "=" in piece else piece + "=" for piece in text.split(";")[1:]]
            text = "".join(";" + piece for piece in pieces)
        if parameter.style == "label" and parameter.explode and "." in re.sub(r"^\.", "", text):
            # A dot needs no encoding, so that values with dots cannot be told apart: RFC 6570 has no better.
            flat = expected.values() if isinstance(expected, dict) else expected if isinstance(expected, list) else [expected]
            keys = list(expected) if isinstance(expected, dict) else []
            if kind != "string" and any("." in str(value) for value in list(flat) + keys):
                raise NotComparable("dots within values of the style label")
        return decoded(style_deserializers[parameter.style](parameter.explode, name, kind, {f"{mark}{name}{star}": text}))

    # Queries, headers and cookies

    def check_parameter(self, key, parameter):
        """Compares, and gives the names in query or cookie that the parameter explains."""
        given = key in self.unread
        expected = self.unread.pop(key, None)
        renamed = next((name for name, source in self.renamed.items() if source == parameter.name), None)
        if not given and renamed is not None and parameter.place == "query":
            given, expected = True, self.unread.pop(("query", renamed), None)
            given = expected is not None
        name = renamed or parameter.name
        if parameter.place == "header":
            text = self.headers.get(parameter.name.lower())
            if given:
                self.compare(parameter, expected, lambda: self.header_value(parameter, expected, text), text)
            elif parameter.required and parameter.name.lower() not in RESERVED_HEADERS:
                # What has a default need not be given, and is sent.
                if text is None or not self.is_default(parameter, text):
                    self.check_absent(parameter)
            return set()
        found = self.query if parameter.place == "query" else self.cookies
        names = self.names(parameter, name, expected, found) if given else {name} & set(found)
        if given:
            self.compare(parameter, expected, lambda: self.form_value(parameter, name, expected, found), dict(found))
        elif names and not self.is_default(parameter, found[name]):
            raise Mismatch(f"{parameter.place} has {name!r}, which is no argument")
        elif not names and parameter.required:
            self.check_absent(parameter)
        return {(parameter.place, found_name) for found_name in names}

    def check_absent(self, parameter):
        """A required parameter that the arguments do not have is one that the credential sets."""
        if (parameter.place, parameter.name.lower()) in self.operation.credential_names():
            return
        if parameter.place in ("header", "cookie") and not re.fullmatch(r"[\w!#$%&'*+.^`|~-]+", parameter.name, re.ASCII):
            raise NotComparable("the document requires a header whose name no header can have")
        raise Mismatch(f"the required {parameter.place} parameter {parameter.name!r} is not sent")

    def is_default(self, parameter, text):
        default = parameter.default
        if default is None:
            return False
        if isinstance(default, (list, dict)):
            return True
        text = unquote(text)
        # Documents write numbers in quotes at times.
        return same(default, text) or same(Decimal(default) if re.fullmatch(r"[\d.]+", str(default)) else default, text)

    @staticmethod
    def names(parameter, name, expected, found):
        if parameter.style == "deepObject":
            return {other for other in found if other == name or other.startswith(name + "[")}
        if isinstance(expected, dict) and parameter.explode and not parameter.is_json:
            return {other for other in found if other in expected}
        return {name} & set(found)

    def header_value(self, parameter, expected, text):
        if text is None:
            return [] if expected == [] else {} if expected == {} else None
        if parameter.is_json:
            return json.loads(text, parse_float=Decimal)
        # As clients and servers do it: header values are not percent-encoded.
        return style_deserializers["simple"](parameter.explode, "value", shape(expected), {"value": text})

    def form_value(self, parameter, name, expected, found):
        kind, style = shape(expected), parameter.style
        values = found.getlist(name)
        if parameter.is_json:
            return json.loads(unquote(found[name], errors="strict"), parse_float=Decimal)
        if style == "deepObject":
            return self.deep_value(name, found)
        if kind == "object" and parameter.explode:
            if style != "form":
                raise NotComparable(f"no one says how {style} explodes an object")
            members = {key: found.getlist(key) for key in expected if key in found}
            return {key: decoded(texts[0]) for key, texts in members.items() if len(texts) == 1}
        if not values and expected in ([], {}):
            return expected
        if kind == "array" and parameter.explode:
            return decoded(style_deserializers["form"](True, name, kind, found))
        if len(values) != 1:
            raise Mismatch(f"{name} stands {len(values)} times in the {parameter.place}")
        if kind == "string":
            return decoded(values[0])
        text = values[0]
        if self.operation.source.is_swagger:
            # bravado-core's separators, which are encoded like what they separate.
            kinds = {"spaceDelimited": "ssv", "tabDelimited": "tsv", "pipeDelimited": "pipes"}
            separator = COLLECTION_FORMATS[kinds.get(style, "csv")]
            text = re.sub(f"(?i:{re.escape(quote(separator))})", separator, text) if separator != "," else text
            return decoded(text.split(separator))
        if style == "pipeDelimited":
            text = re.sub("(?i:%7c)", "|", text)
        return decoded(style_deserializers[style](False, name, kind, {name: text}))

    @staticmethod
    def deep_value(name, found):
        """`name[key]=value`; deeper, and for lists, as the libraries of most languages have it: `name[a][b]`, `name[a][]`."""
        if f"{name}[]" in found:
            return [decoded(text) for text in found.getlist(f"{name}[]")]
        if name in found:
            return decoded(found[name])
        values = {other: found.getlist(other) for other in found if other.startswith(name + "[")}
        flat = all(len(texts) == 1 and re.fullmatch(r"\w+", other[len(name) + 1:-1]) for other, texts in values.items())
        if flat and values and re.fullmatch(r"\w+", name):
            one = {other: texts[0] for other, texts in values.items()}
            return {key: decoded(text) for key, text in style_deserializers["deepObject"](True, name, "object", one).items()}
        result = {}
        for other, texts in values.items():
            keys = re.split(r"\]\[", other[len(name) + 1:-1])
            place = result
            for key in keys[:-2 if keys[-1] == "" and len(keys) > 1 else -1]:
                place = place.setdefault(key, {})
            if keys[-1] == "" and len(keys) > 1:
                place[keys[-2]] = [decoded(text) for text in texts]
            elif len(texts) == 1:
                place[keys[-1]] = decoded(texts[0])
        return result

    def compare(self, parameter, expected, read, text):
        try:
            found = read()
        except NotComparable:
            raise
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            raise Mismatch(f"{parameter.place} parameter {parameter.name!r} cannot be read from {text!r}: {error!r}") from error
        if parameter.is_json:
            agrees = equal(expected, found)
        elif parameter.style == "deepObject":
            agrees = matches(without_empty(expected), found) or without_empty(expected) in ({}, []) and not found
        else:
            agrees = matches(expected, found)
        if not agrees:
            raise Mismatch(f"{parameter.place} parameter {parameter.name!r}: {found!r} from {text!r} is not {expected!r}")

    # The body

    def check_body(self):
        body = self.line.get("body")
        if "value" not in self.line:
            if body is not None:
                raise Mismatch("there is a body and no argument for it")
            return
        expected = self.line["value"]
        if body is None:
            if expected is None:
                return
            raise Mismatch("there is an argument for the body and no body")
        data = base64.b64decode(body)
        header = Message()
        header["content-type"] = self.headers.get("content-type", "")
        kind = header.get_content_type()
        if self.headers.get("content-length") != str(len(data)):
            raise Mismatch("the body has another length than its header says")
        if self.operation.unresolved and not self.operation.operation:
            # What the document would say is not there; JSON is what is sent then.
            if kind != "application/json" or not equal(expected, json.loads(data, parse_float=Decimal)):
                raise NotComparable(self.operation.unresolved)
            return
        fields = self.operation.form_fields()
        if fields and not any(known.place == "body" for known in self.operation.parameters.values()):
            return self.check_fields(kind, data, expected, {name: self.of_swagger(field) for name, field in fields.items()})
        media, resolver = self.declared(kind)
        if kind == "application/json" or kind.endswith("+json") or kind in ("text/json",):
            if not equal(expected, json.loads(data, parse_float=Decimal)):
                raise Mismatch(f"the body is not {expected!r}")
        elif kind in ("application/x-www-form-urlencoded", "multipart/form-data"):
            self.check_fields(kind, data, expected, self.of_media(media, resolver, expected, kind))
        elif kind.startswith("text/") or kind in ("application/xml",) or kind.endswith("+xml"):
            if not isinstance(expected, str) or data.decode("utf-8") != expected:
                raise Mismatch(f"the text is not {expected!r}")
        elif not isinstance(expected, str) or binary(expected) != data:
            raise Mismatch("the bytes are not what the argument says in base64")

    def declared(self, kind):
        content = self.operation.body()
        if not content and "requestBody" in self.operation.operation:
            raise NotComparable("the document says that there is a body, and not what it is")
        if not content:
            # POST, PUT and PATCH take a body unless the document says otherwise, which Swagger's does by silence.
            raise Mismatch("the document says nothing of a body")
        ranges = ("*/*", kind.split("/")[0] + "/*")
        for declared, media in content.items():
            essence = declared.split(";")[0].strip().lower()
            if essence == kind or essence in ranges or essence in ("json", "application/x-json") and kind == "application/json":
                return media
        if self.operation.source.is_swagger and kind == "application/json":
            return next(iter(content.values()))
        raise Mismatch(f"the document does not know a body of type {kind}: {sorted(content)}")

    def of_swagger(self, field):
        """What is said of a form's field: whether lists stand apart, what separates them, whether it is a file."""
        value = field.value
        files = [one for one in (value, value.get("items") or {}) if one.get("type") == "file" or one.get("format") == "binary"]
        # Files stand apart: there is nothing that could separate them.
        kind = "multi" if field.explode or files else str(value.get("collectionFormat", "csv")).lower()
        return {"file": bool(files), "format": kind}

    def of_media(self, media, resolver, expected, kind):
        source = self.operation.source
        schema = media.get("schema") or {}
        encoding = media.get("encoding") or {}
        result = {}
        for name in expected if isinstance(expected, dict) else []:
            told = encoding.get(name) if isinstance(encoding.get(name), dict) else {}
            found = self.property(source, schema, resolver, name, 0)
            rule = {"file": False, "format": "multi"}
            if found is not None:
                value, place = found
                items, _ = source.follow(value.get("items") or {}, place)
                rule["file"] = any(
                    isinstance(one, dict)
                    and (one.get("format") == "binary" or one.get("contentEncoding") == "binary"
                         or one.get("contentMediaType") == "application/octet-stream" and "contentEncoding" not in one)
                    for one in (value, items)
                )  # fmt: skip
            # 3.0 knows styles for forms that are no multipart only (4.7.15.1).
            has_styles = source.is_31 or kind == "application/x-www-form-urlencoded"
            if has_styles and any(key in told for key in ("style", "explode", "allowReserved")):
                rule["style"] = told.get("style", "form")
                rule["explode"] = told.get("explode", rule["style"] == "form")
            result[name] = rule
        return result

    def property(self, source, schema, resolver, name, depth):
        """A property's schema, also where it stands in a combination."""
        schema, resolver = source.follow(schema, resolver)
        if not isinstance(schema, dict) or depth > 8:
            return None
        properties = schema.get("properties") or {}
        if name in properties:
            value, place = source.follow(properties[name], resolver)
            return (value, place) if isinstance(value, dict) else None
        for keyword in ("allOf", "oneOf", "anyOf"):
            for part in schema.get(keyword) or []:
                found = self.property(source, part, resolver, name, depth + 1)
                if found is not None:
                    return found
        return None

    def check_fields(self, kind, data, expected, rules):
        if not isinstance(expected, dict):
            raise Mismatch("the argument of a form is no object")
        found = self.fields(kind, data)
        known = set()
        for name, value in expected.items():
            if value is None or value == []:
                continue
            rule = rules.get(name) or {"file": False, "format": "multi"}
            if rule.get("style") == "deepObject":
                deep = {key: texts for key, texts in found.items() if key == name or key.startswith(name + "[")}
                known.update(deep)
                texts = MultiDict((key, quote(text.decode())) for key, all_texts in deep.items() for text in all_texts)
                if without_empty(value) in ({}, []) and not deep:
                    continue
                if not matches(without_empty(value), self.deep_value(name, texts)):
                    raise Mismatch(f"field {name!r}: {deep!r} is not {value!r}")
                continue
            if rule.get("style") == "form" and rule.get("explode") and isinstance(value, dict):
                for key, member in value.items():
                    known.add(key)
                    if member is not None and not self.same_field(member, found.get(key, []), {"file": False}):
                        raise Mismatch(f"field {name!r}: {found.get(key)!r} is not {member!r}")
                continue
            known.add(name)
            if not self.same_field(value, found.get(name, []), rule, kind):
                raise Mismatch(f"field {name!r}: {found.get(name)!r} is not {value!r}")
        others = set(found) - known
        if others:
            raise Mismatch(f"the form has fields {sorted(others)}, which no argument explains")

    def same_field(self, value, texts, rule, kind=""):
        joined = None
        if rule.get("style") and not rule.get("explode"):
            joined = {"form": ",", "spaceDelimited": " ", "pipeDelimited": "|"}.get(rule["style"], ",")
        if isinstance(value, list):
            value = [element for element in value if element is not None]
            separator = joined or {"csv": ",", "ssv": " ", "tsv": "\t", "pipes": "|"}.get(rule.get("format"))
            if separator:
                return len(texts) == 1 and matches(value, texts[0].decode().split(separator))
            return len(value) == len(texts) and all(
                self.same_field(element, [text], rule, kind) for element, text in zip(value, texts)
            )
        if len(texts) != 1:
            return False
        if isinstance(value, dict):
            if joined:
                pieces = texts[0].decode().split(joined)
                return matches(value, dict(zip(pieces[::2], pieces[1::2])))
            return equal(value, json.loads(texts[0], parse_float=Decimal))
        if isinstance(value, list):
            return equal(value, json.loads(texts[0], parse_float=Decimal))
        if rule["file"] and kind == "multipart/form-data" and isinstance(value, str):
            return binary(value) == texts[0]
        return same(value, texts[0].decode())

    def fields(self, kind, data):
        found = {}
        if kind == "application/x-www-form-urlencoded":
            pairs = parse_qsl(data.decode("ascii"), keep_blank_values=True, strict_parsing=bool(data), errors="strict")
            for name, value in pairs:
                found.setdefault(name, []).append(value.encode())
            return found
        header = Message()
        header["content-type"] = self.headers["content-type"]
        parser = FormDataParser(max_form_memory_size=None, silent=False)
        options = {"boundary": header.get_param("boundary")}
        _, form, files = parser.parse(BytesIO(data), kind, len(data), options)
        for name in form:
            found.setdefault(name, []).extend(value.encode() for value in form.getlist(name))
        for name in files:
            found.setdefault(name, []).extend(file.read() for file in files.getlist(name))
        return found


def without_empty(value):
    """Without what leaves no trace in a deep object."""
    if isinstance(value, dict):
        members = {key: without_empty(member) for key, member in value.items() if member is not None}
        return {key: member for key, member in members.items() if member not in ({}, [])}
    if isinstance(value, list):
        elements = [without_empty(element) for element in value if element is not None]
        return [element for element in elements if element not in ({}, [])]
    return value


def binary(text):
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return None
