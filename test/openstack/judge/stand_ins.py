"""What stands in for a running stack and its cloud, so that the engine of Heat can work templates out without them. A module
of engine.py, in the fixture's root.
"""
import posixpath
import re

from heat.common import config
from heat.engine import constraints, function, resources, template_files
from heat.engine.cfn import functions as cfn
from heat.engine.hot import functions as hot
from oslo_config import cfg

config.startup_sanity_check = lambda: None
cfg.CONF([], project="heat", default_config_files=[])
# Flavors, networks, keys: there is no cloud here that could have them.
constraints.CustomConstraint._is_valid = lambda self, value, schema, context: True
resources.global_env()


def later(what):
    """Stands for a value that only a running stack has."""
    return "⟦%s⟧" % what


def resource_result(self):
    self._resource()
    return later("resource %s" % function.resolve(self.args))


def attribute_result(self):
    self._resource()
    path = function.resolve(self._path_components) if hasattr(self, "_path_components") else None
    return later("attribute %s %s %s" % (self._resource_name, function.resolve(self._attribute), path))


hot.GetResource.result = resource_result
for each in (hot.GetAttThenSelect, hot.GetAtt, hot.GetAttAllAttributes):
    each.result = attribute_result
hot.GetAttThenSelect.validate = lambda self: (function.validate(self.args), self._resource())[0]
cfn.GetAZs.result = lambda self: [later("zone")]
for each in (hot.ResourceFacade, cfn.ResourceFacade):
    each.result = lambda self: later("facade %s" % function.resolve(self.args))


class Files(template_files.TemplateFiles):
    """`get_file` by paths beside the template, as Heat's client would have sent them."""

    def __init__(self, read, base):
        self.read_file, self.base, self.files, self.files_id = read, base, {}, None

    def get(self, key, default=None):
        found = None if re.match(r"[a-z]+://|/", key) else self.read_file(posixpath.join(self.base, key))
        return default if found is None else found

    def __getitem__(self, key):
        found = self.get(key)
        if found is None:
            raise KeyError(key)
        return found

    def __contains__(self, key):
        return self.get(key) is not None

    def __iter__(self):
        return iter(())

    def __len__(self):
        return 0


class Stack:
    """As much of a stack as the functions of a template ask."""

    def __init__(self, read, parameters):
        self.t, self.parameters, self.parent_resource = read, parameters, object()
        self.all = read.t.get(read.RESOURCES) or {}
        self.enabled = dict(self.all)

    def __contains__(self, name):
        return name in self.all

    def __getitem__(self, name):
        if name not in self.enabled:
            raise KeyError(name)
        return name

    def get_availability_zones(self):
        return [later("zone")]
