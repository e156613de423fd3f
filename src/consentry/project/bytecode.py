"""`python -m consentry.project.bytecode`: write the bytecode of all that our processes import, so that none compiles.

Called by tools/prepare.sh when sources or packages change. Compiling all installed packages would take three times as
long; what nobody imports is left alone.
"""

import compileall
import importlib
import os
import pkgutil
import sys
from pathlib import Path

import consentry

# What a child imports only once it runs: a server's command line, the addresses, the queue's worker.
LATE = ("granian.cli", "uvloop", "psycopg_pool", "allauth.headless.urls", "procrastinate.worker")


def write_bytecode() -> int:
    """Compile our own package and import everything in it; answers how many modules that brought in."""
    sys.dont_write_bytecode = False
    root = Path(consentry.__file__).parent
    compileall.compile_dir(root, quiet=2)
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "consentry.project.settings")
    import django

    django.setup()
    for found in pkgutil.walk_packages([str(root)], "consentry."):
        if found.name.endswith(("__main__", ".bytecode")):
            continue
        try:
            importlib.import_module(found.name)
        except ModuleNotFoundError as error:
            # A package that not everybody installs, as a store in S3 needs: who has none imports no such module.
            if (error.name or "").partition(".")[0] == consentry.__name__:
                raise
    for name in LATE:
        importlib.import_module(name)
    return len(sys.modules)


if __name__ == "__main__":
    write_bytecode()
