"""docs/openapi.yaml, and a validator for the part of JSON Schema (2020-12) it uses.

Small on purpose: a keyword that is not known here is an error, so nothing is ever left unchecked.
"""
import os
import re

import yaml

SOURCE = os.environ.get("FZ_SOURCE_DIR") or os.path.join(os.path.dirname(__file__), "..", "..")
METHODS = ("get", "put", "post", "delete", "patch")
IGNORED = {"description", "default", "example", "examples"}
TYPES = {
    "object": lambda value: isinstance(value, dict),
    "array": lambda value: isinstance(value, list),
    "string": lambda value: isinstance(value, str),
    "integer": lambda value: isinstance(value, int) and not isinstance(value, bool),
    "boolean": lambda value: isinstance(value, bool),
    "null": lambda value: value is None,
}


class Contract:
    """The file, with what the tests ask of it."""

    def __init__(self):
        with open(os.path.join(SOURCE, "docs", "openapi.yaml"), encoding="utf-8") as file:
            self.root = yaml.safe_load(file)

    def resolve(self, node):
        """The thing a {$ref} stands for, or the thing itself."""
        while isinstance(node, dict) and "$ref" in node:
            target = self.root
            for part in node["$ref"].removeprefix("#/").split("/"):
                target = target[part]
            node = target
        return node

    def operations(self):
        """(operation id, method, path, operation) of each."""
        for path, item in self.root["paths"].items():
            for method in METHODS:
                if method in item:
                    yield item[method]["operationId"], method, path, item[method]

    def content(self, operation, status):
        """The content of a response by media type; None if the status is not in the file."""
        response = self.resolve(operation["responses"].get(str(status)))
        return None if response is None else response.get("content", {})

    def codes(self, operation):
        """{status: set of problem codes} of an operation."""
        found = {}
        for status in operation["responses"]:
            media = self.content(operation, status).get("application/problem+json")
            if media is not None:
                found[int(status)] = set(media["schema"]["allOf"][1]["properties"]["code"]["enum"])
        return found

    def faults(self, schema, value, where="body"):
        """What is wrong with a value, as a list of sentences."""
        found = []
        for keyword, argument in schema.items():
            if keyword in IGNORED:
                continue
            check = getattr(self, "check_" + keyword.lstrip("$").lower(), None)
            if check is None:
                raise ValueError(f"{where}: the keyword {keyword} is not known to this validator")
            found += check(argument, value, where, schema)
        return found

    def check_ref(self, argument, value, where, _):
        return self.faults(self.resolve({"$ref": argument}), value, where)

    def check_type(self, argument, value, where, _):
        names = argument if isinstance(argument, list) else [argument]
        return [] if any(TYPES[name](value) for name in names) else [f"{where} is no {argument}"]

    def check_const(self, argument, value, where, _):
        same = value == argument and type(value) is type(argument)
        return [] if same else [f"{where} is {value!r}, not {argument!r}"]

    def check_enum(self, argument, value, where, _):
        return [] if value in argument else [f"{where} is {value!r}, none of {argument}"]

    def check_required(self, argument, value, where, _):
        missing = [name for name in argument if isinstance(value, dict) and name not in value]
        return [f"{where} lacks {name}" for name in missing]

    def check_properties(self, argument, value, where, _):
        found = []
        for name, schema in argument.items():
            if isinstance(value, dict) and name in value:
                found += self.faults(schema, value[name], f"{where}.{name}")
        return found

    def check_additionalproperties(self, argument, value, where, schema):
        if argument is not False:
            raise ValueError(f"{where}: additionalProperties can only be false here")
        known = schema.get("properties", {})
        return [f"{where} has the unknown member {name}"
                for name in (value if isinstance(value, dict) else ()) if name not in known]

    def check_items(self, argument, value, where, _):
        found = []
        for index, item in enumerate(value if isinstance(value, list) else ()):
            found += self.faults(argument, item, f"{where}[{index}]")
        return found

    def check_maxitems(self, argument, value, where, _):
        return [f"{where} has too many items"] if len(value) > argument else []

    def check_pattern(self, argument, value, where, _):
        fits = not isinstance(value, str) or re.search(argument, value)
        return [] if fits else [f"{where} is {value!r}, which does not match {argument}"]

    def check_minlength(self, argument, value, where, _):
        return [f"{where} is too short"] if isinstance(value, str) and len(value) < argument else []

    def check_maxlength(self, argument, value, where, _):
        return [f"{where} is too long"] if isinstance(value, str) and len(value) > argument else []

    def check_minimum(self, argument, value, where, _):
        return [f"{where} is {value}, below {argument}"] if self.number(value) < argument else []

    def check_maximum(self, argument, value, where, _):
        return [f"{where} is {value}, above {argument}"] if self.number(value) > argument else []

    @staticmethod
    def number(value):
        """A number as it is; NaN, which is neither above nor below anything, for all else."""
        return value if TYPES["integer"](value) else float("nan")

    def check_allof(self, argument, value, where, _):
        return [fault for schema in argument for fault in self.faults(schema, value, where)]

    def check_oneof(self, argument, value, where, _):
        results = [self.faults(schema, value, where) for schema in argument]
        fitting = sum(not faults for faults in results)
        return [] if fitting == 1 else [f"{where} fits {fitting} of {len(argument)}: {results}"]
