"""A build backend (PEP 517) that compiles a module, and that cannot say what it builds without having built it."""
import os
import subprocess
import sysconfig
import zipfile


def build_wheel(wheel_directory, config_settings=None, metadata_directory=None):
    suffix = sysconfig.get_config_var("EXT_SUFFIX")
    compiler = sysconfig.get_config_var("CC").split()
    include = sysconfig.get_paths()["include"]
    command = [*compiler, "-g", "-O2", "-shared", "-fPIC", f"-I{include}", os.path.abspath("compiled.c"), "-o", "out.so"]
    subprocess.run(command, check=True)
    tag = f"cp{sysconfig.get_config_var('py_version_nodot')}"
    tag = f"{tag}-{tag}-{sysconfig.get_platform().replace('-', '_')}"
    info = "compiled-1.0.dist-info"
    name = f"compiled-1.0-{tag}.whl"
    with zipfile.ZipFile(os.path.join(wheel_directory, name), "w") as wheel:
        wheel.write("out.so", f"compiled{suffix}")
        wheel.writestr(f"{info}/METADATA", "Metadata-Version: 2.1\nName: compiled\nVersion: 1.0\n")
        wheel.writestr(f"{info}/WHEEL", f"Wheel-Version: 1.0\nRoot-Is-Purelib: false\nTag: {tag}\n")
        files = [f"compiled{suffix}", *(f"{info}/{each}" for each in ("METADATA", "WHEEL", "RECORD"))]
        wheel.writestr(f"{info}/RECORD", "".join(f"{each},,\n" for each in files))
    return name
