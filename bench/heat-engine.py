"""Inside the scratch tree: the engine's own reading of templates, timed. Reads {passes, templates: [{text, parameters}]}
on standard input, writes {parse: [seconds a pass], template: [...], refused} as JSON. Seconds are of the processor."""
import json
import logging
import sys
import time

logging.disable(logging.CRITICAL)

if "--without-libyaml" in sys.argv:
    # What the engine falls back to where PyYAML was built without it.
    sys.modules["yaml._yaml"] = None

from heat.common import config, identifier, template_format  # noqa: E402,F401
from heat.engine import environment, function, template  # noqa: E402
from heat.engine.cfn import functions as cfn  # noqa: E402
from heat.engine.hot import functions as hot  # noqa: E402
from oslo_config import cfg  # noqa: E402

cfg.CONF([], project="heat", default_config_files=[])

# What only a running stack knows stands for itself.
RUNTIME = "run time"
for known_at_run_time in (hot.GetResource, hot.GetAttThenSelect, hot.GetAtt, hot.GetAttAllAttributes, cfn.GetAZs,
                          hot.ResourceFacade, hot.GetFile):
    known_at_run_time.result = lambda self: RUNTIME


class Stack:
    """As much of a stack as reading its template needs."""

    def __init__(self, t, parameters):
        self.t = t
        self.parameters = parameters

    def __contains__(self, name):
        return name in (self.t.t.get(self.t.RESOURCES) or {})


def plan(data, given):
    """Version, sections, declarations, values of parameters, and every property and metadata worked out."""
    t = template.Template(data)
    t.validate()
    t.env = environment.Environment({"parameters": dict(given)})
    values = t.parameters(identifier.HeatIdentifier("project", "stack", "id"), t.env.params)
    stack = Stack(t, values)
    for definition in t.resource_definitions(stack).values():
        for part in (definition._properties, definition._metadata):
            try:
                function.resolve(part)
            except Exception:  # a parameter that was not given: Kiln does not want it either
                pass


def main():
    job = json.load(sys.stdin)
    template.Template({"heat_template_version": "2013-05-23"})
    environment.Environment({})
    parse, whole, refused = [], [], 0
    for _ in range(job["passes"]):
        start = time.process_time()
        read = []
        refused = 0
        for case in job["templates"]:
            try:
                read.append((template_format.parse(case["text"]), case["parameters"]))
            except Exception:
                refused += 1
        middle = time.process_time()
        for data, given in read:
            try:
                plan(data, given)
            except Exception:
                refused += 1
        parse.append(middle - start)
        whole.append(time.process_time() - start)
    json.dump({"parse": parse, "plan": whole, "refused": refused}, sys.stdout)


main()
