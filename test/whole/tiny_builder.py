"""The smallest build backend (PEP 517): packs the modules of a source archive. It needs tiny-helper, and says so late."""
import os
import re
import zipfile


def get_requires_for_build_wheel(config_settings=None):
    return ["tiny-helper"]


def build_wheel(wheel_directory, config_settings=None, metadata_directory=None):
    import tiny_helper

    with open("PKG-INFO") as file:
        info = file.read()
    name, version = (re.search(rf"^{key}: (.+)$", info, re.M)[1] for key in ("Name", "Version"))
    root = f"{re.sub(r'[-_.]+', '_', name)}-{version}"
    assert tiny_helper.HERE
    content = {path: open(path).read() for path in sorted(os.listdir()) if path.endswith(".py")}
    # What a compiler would write into its output.
    content["built_at.py"] = f"WHERE = {os.getcwd()!r}\nWHEN = {os.environ.get('SOURCE_DATE_EPOCH')!r}\n"
    content[f"{root}.dist-info/METADATA"] = info
    content[f"{root}.dist-info/WHEEL"] = "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
    content[f"{root}.dist-info/RECORD"] = "".join(f"{path},,\n" for path in [*content, f"{root}.dist-info/RECORD"])
    with zipfile.ZipFile(os.path.join(wheel_directory, f"{root}-py3-none-any.whl"), "w") as wheel:
        for path, text in content.items():
            wheel.writestr(path, text)
    return f"{root}-py3-none-any.whl"
