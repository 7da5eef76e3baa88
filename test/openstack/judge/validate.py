"""Hands templates to a running Heat as its own client does, files collected and all. Runs in the fixture's root.

Reads a line of JSON with the login and then one a question, like engine.py; writes a line an answer: {id, refused}, which is
null where Heat takes the template, else what it says.
"""
import json
import os
import shutil
import sys
import tempfile

from heatclient import client
from heatclient.common import template_utils
from keystoneauth1 import session
from keystoneauth1.identity import v3

login = json.loads(sys.stdin.readline())
auth = v3.Password(user_domain_id="default", project_domain_id="default", **login)
heat = client.Client("1", session=session.Session(auth=auth), region_name="RegionOne")


def ask(question, folder):
    for path, text in question["files"].items():
        os.makedirs(os.path.dirname(os.path.join(folder, path)), exist_ok=True)
        with open(os.path.join(folder, path), "w", newline="") as file:
            file.write(text)
    files, template = template_utils.get_template_contents(os.path.join(folder, question["main"]))
    paths = [os.path.join(folder, path) for path in question["environments"]]
    more, environment = template_utils.process_multiple_environments_and_files(paths)
    given = {name: value for name, value in question["parameters"].items()}
    environment = dict(environment, parameters=dict(environment.get("parameters") or {}, **given))
    heat.stacks.validate(template=template, files=dict(files, **more), environment=environment)


for line in sys.stdin:
    question = json.loads(line)
    with tempfile.TemporaryDirectory() as place:
        folder = os.path.join(place, "root")
        if question["folder"]:
            shutil.copytree(question["folder"], folder)
        else:
            os.mkdir(folder)
        try:
            ask(question, folder)
            refused = None
        except Exception as error:
            refused = "%s: %s" % (type(error).__name__, error)
        print(json.dumps({"id": question["id"], "refused": refused}))
