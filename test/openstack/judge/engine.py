"""What the engine of Heat, not Kiln, makes of templates: every property and all metadata of every resource, nested templates
and groups included, worked out as far as that goes without a running stack. Runs in the fixture's root.

Reads a line of JSON a question: {id, main, folder, files, environments, parameters}; `files` (texts by path) go before what
lies in `folder`. Writes a line an answer: {id, answer}, where each resource is under its path as Kiln writes it.
"""
import base64
import collections.abc
import json
import logging
import os
import posixpath
import re
import sys

logging.disable(logging.CRITICAL)

from heat.common import environment_format, environment_util, identifier, template_format  # noqa: E402
from heat.engine import environment, function, template  # noqa: E402
from stand_ins import Files, Stack, later  # noqa: E402

DEEPEST = 6


def failure(error):
    return {"!error": "%s: %s" % (type(error).__name__, str(error)[:200])}


def plain(value):
    """As JSON, numbers told apart from text and from each other by how they are written."""
    if isinstance(value, bool) or value is None or isinstance(value, str):
        return value
    if isinstance(value, (int, float)):
        return {"!number": repr(value)}
    if isinstance(value, collections.abc.Mapping):
        return {key if isinstance(key, str) else "!key %r" % (key,): plain(each) for key, each in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(each) for each in value]
    return {"!other": type(value).__name__}


def plausible(parameter):
    """A value for a parameter that nobody gave: what is compared is what becomes of it."""
    schema = parameter.schema
    for constraint in schema.constraints or []:
        allowed = getattr(constraint, "allowed", None)
        if isinstance(allowed, (list, tuple)) and allowed:
            return str(allowed[0])
    least = next((c.min for c in schema.constraints or [] if getattr(c, "min", None) is not None), None)
    if schema.type == schema.NUMBER:
        return str(1 if least is None else least)
    if schema.type == schema.LIST:
        return "a,b"
    if schema.type == schema.MAP:
        return '{"a": "b"}'
    if schema.type == schema.BOOLEAN:
        return "true"
    return "v" * max(3, int(least or 0))


class Judge:
    def __init__(self, question):
        self.question, self.answer = question, {}
        self.environment_texts, self.registry_tree = self.environments()
        self.registry = environment.Environment({"resource_registry": self.registry_tree}).registry

    def read(self, path):
        path = posixpath.normpath(path)
        if path in self.question["files"]:
            return self.question["files"][path]
        if self.question["folder"] is None or path.startswith(".."):
            return None
        try:
            with open(os.path.join(self.question["folder"], path), "rb") as file:
                data = file.read()
        except OSError:
            return None
        try:
            return data.decode("utf-8")
        except UnicodeDecodeError:
            return base64.encodebytes(data).decode()

    def environments(self):
        """Texts without registries, and the registry of all, its files by their path from the root."""
        texts, registry = {}, {}

        def placed(tree, base):
            return {key: placed(value, base) if isinstance(value, dict) else
                    "/root/" + posixpath.normpath(posixpath.join(base, value))
                    if isinstance(value, str) and re.search(r"\.(yaml|template)$", value) and "://" not in value else value
                    for key, value in (tree or {}).items()}

        for path in self.question["environments"]:
            try:
                tree = environment_format.parse(self.read(path))
                for key, value in placed(tree.pop("resource_registry", None), posixpath.dirname(path)).items():
                    if isinstance(value, dict) and isinstance(registry.get(key), dict):
                        registry[key].update(value)
                    else:
                        registry[key] = value
                texts[path] = json.dumps(tree, default=str)
            except Exception as error:
                self.answer["(environment) " + path] = failure(error)
        return texts, registry

    def whole(self):
        self.template(self.read(self.question["main"]), self.question["main"], "", self.root_environment, 0)
        self.answer["(registry)"] = {"keys": sorted(map(str, self.registry_tree))}
        return self.answer

    def root_environment(self, read):
        params = {"parameters": {}, "parameter_defaults": {}, "resource_registry": self.registry_tree,
                  "encrypted_param_names": [], "event_sinks": []}
        environment_util.merge_environments(list(self.environment_texts), dict(self.environment_texts), params,
                                            read.param_schemata())
        params["parameters"].update(self.question["parameters"])
        return environment.Environment(params)

    def template(self, text, path, prefix, environment_of, depth):
        about = self.answer[prefix + "(template)"] = {}
        if depth > DEEPEST:
            about["deep"] = True
            return
        try:
            data = template_format.parse(text)
            read = template.Template(data, files={})
            read._template_files = Files(self.read, posixpath.dirname(path))
        except Exception as error:
            about["parse"] = failure(error)
            return
        try:
            read.validate()
        except Exception as error:
            about["validate"] = failure(error)
        try:
            env = environment_of(read)
            read.env = env
            values = read.parameters(identifier.HeatIdentifier("project", "stack", "id"), env.params,
                                     param_defaults=env.param_defaults)
        except Exception as error:
            about["parameters"] = failure(error)
            return
        about["values"] = self.values(values, about, depth == 0)
        for section in ("mappings", "Mappings", "parameter_groups", "description", "Description", "parameters", "Parameters"):
            if section in data:
                about[section] = plain(data[section])
        self.resources(read, data, values, about, path, prefix, env, depth)

    def values(self, parameters, about, invent):
        try:
            parameters._validate_user_parameters()
        except Exception as error:
            about["unknown"] = failure(error)
        values = {}
        for name, parameter in parameters.params.items():
            if name in parameters.PSEUDO_PARAMETERS:
                if name != "AWS::Region":
                    parameter.user_value = later("pseudo " + name)
                continue
            try:
                if invent and parameter.user_value is None and not parameter.has_default():
                    parameter.user_value = plausible(parameter)
                values[name] = plain(parameter.value())
            except Exception as error:
                values[name] = failure(error)
        return values

    def resources(self, read, data, values, about, path, prefix, env, depth):
        stack = Stack(read, values)
        conditions = None
        try:
            conditions = read.conditions(stack)
        except Exception as error:
            about["conditions"] = failure(error)
        try:
            about["definitions"] = sorted(read.resource_definitions(stack))
        except Exception as error:
            about["definitions"] = failure(error)
        key = getattr(read, "RES_CONDITION", None)
        state = {}
        for name, snippet in stack.all.items():
            try:
                condition = snippet.get(key) if key and isinstance(snippet, dict) else None
                state[name] = True if condition is None else bool(
                    conditions.is_enabled(function.resolve(read.parse_condition(stack, condition, ""))))
            except Exception as error:
                state[name] = failure(error)
        for name in [name for name, enabled in state.items() if enabled is False]:
            stack.enabled.pop(name)

        def resolve(value):
            try:
                parsed = read.parse(stack, value, "")
                function.validate(parsed)
                return function.resolve(parsed)
            except Exception as error:
                return failure(error)

        def parts(value, level=0):
            """Each property for itself, so that one that fails hides no other."""
            calls = isinstance(value, dict) and len(value) == 1 and next(iter(value)) in read.functions
            if isinstance(value, dict) and level < 4 and not calls:
                return {name: parts(each, level + 1) for name, each in value.items()}
            return resolve(value)

        in_hot = "heat_template_version" in data
        type_key, properties_key = ("type", "properties") if in_hot else ("Type", "Properties")
        for name, snippet in stack.all.items():
            place = prefix + str(name)
            found = self.answer[place] = {"enabled": state[name]}
            if not isinstance(snippet, dict) or state[name] is False:
                found["text"] = plain(snippet)
                continue
            properties = None
            for part, value in snippet.items():
                if part == properties_key:
                    properties = parts(value)
                    found["properties"] = plain(properties)
                elif part == type_key or part in ("depends_on", "DependsOn", key):
                    found["type" if part == type_key else "depends" if part != key else "condition"] = plain(value)
                else:
                    found[str(part).lower()] = plain(parts(value))
            self.member(snippet.get(type_key), properties, str(name), place, found, posixpath.dirname(path), env, depth)
        outputs = data.get("outputs" if in_hot else "Outputs")
        if isinstance(outputs, dict):
            about["outputs"] = {str(name): plain(parts(value)) for name, value in outputs.items()}

    def member(self, kind, properties, name, place, found, base, env, depth):
        """What is inside of a resource: a nested template, the members of a group."""
        properties = properties if isinstance(properties, dict) else {}
        child, info = self.child_of(kind, name, base, env)
        if kind == "OS::Heat::Stack":
            text = properties.get("template")
            if isinstance(text, str):
                found["properties"] = dict(found["properties"], template="(text)")
                self.template(text, posixpath.join(self.folder_of(text, base), "x"), place + "/",
                              self.nested(env, None, name, properties.get("parameters")), depth + 1)
        elif child is not None:
            text = self.read(child)
            found["nested"] = child if text is not None else "missing"
            if text is not None:
                self.template(text, child, place + "/", self.nested(env, info, name, properties), depth + 1)
        elif kind in ("OS::Heat::ResourceGroup", "OS::Heat::InstanceGroup", "OS::Heat::AutoScalingGroup"):
            part = "resource" if kind == "OS::Heat::AutoScalingGroup" else "resource_def"
            definition = properties.get(part)
            if isinstance(definition, dict):
                found["properties"] = {key: value for key, value in found["properties"].items() if key != part}
                inner = self.answer[place + "." + part] = dict(plain(definition), enabled=True)
                self.member(definition.get("type"), definition.get("properties"), "0", place + "." + part, inner, base, env, depth)
        elif kind == "OS::Heat::ResourceChain" and isinstance(properties.get("resources"), list):
            common = properties.get("resource_properties")
            found["properties"] = {key: value for key, value in found["properties"].items()
                                   if key not in ("resources", "resource_properties")}
            for i, each in enumerate(properties["resources"]):
                inner = self.answer["%s.%d" % (place, i)] = {"type": plain(each), "properties": plain(common), "enabled": True}
                self.member(each, common, str(i), "%s.%d" % (place, i), inner, base, env, depth)

    def child_of(self, kind, name, base, env):
        """Path of the template that a type stands for, and what the registry says of it."""
        if not isinstance(kind, str):
            return None, None
        if re.search(r"\.(yaml|template)$", kind) and "://" not in kind and not kind.startswith("/root/"):
            return posixpath.normpath(posixpath.join(base, kind)), None
        try:
            info = env.registry.get_resource_info(kind, resource_name=name)
        except Exception:
            return None, None
        target = getattr(info, "template_name", None)
        if type(info).__name__ != "TemplateResourceInfo" or "://" in target:
            return None, None
        inside = target[len("/root/"):] if target.startswith("/root/") else posixpath.join(base, target)
        return posixpath.normpath(inside), info

    def nested(self, env, info, name, properties):
        """The environment of a nested template: properties become parameters, as text."""
        given = {}
        for key, value in (properties if isinstance(properties, dict) else {}).items():
            if isinstance(value, list):
                value = ",".join(each if isinstance(each, str) else str(each) for each in value)
            elif isinstance(value, (bool, int, float)):
                value = str(value)
            if value is not None:
                given[key] = value
        return lambda read: environment.get_child_environment(env, {"parameters": given}, item_to_remove=info,
                                                              child_resource_name=name)

    def folder_of(self, text, base):
        """Files of a template that is given as text lie beside the file that it came from."""
        for path, known in self.question["files"].items():
            if known == text:
                return posixpath.dirname(path)
        for folder, _, names in os.walk(self.question["folder"] or "/nonexistent"):
            for name in names:
                path = os.path.relpath(os.path.join(folder, name), self.question["folder"])
                if self.read(path) == text:
                    return posixpath.dirname(path)
        return base


for line in sys.stdin:
    question = json.loads(line)
    print(json.dumps({"id": question["id"], "answer": Judge(question).whole()}))
