#!/usr/bin/env python3
"""Measures JSON Schema engines for Python on the document and schema of `penstock-scoreboard bench-schema`.

usage: schema_peers.py PATH_OF_PENSTOCK_SCOREBOARD

Installs jsonschema and jsonschema-rs from PyPI into a temporary folder, checks formats with all, and prints one JSON
object of microseconds of processor time for each validation, the quickest round of many. The engines are handed parsed
values, as Penstock's is.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
import venv

ROUNDS = 60


def microseconds(call, repetitions):
    best = float("inf")
    for _ in range(ROUNDS):
        start = time.process_time()
        for _ in range(repetitions):
            assert call()
        best = min(best, (time.process_time() - start) / repetitions)
    return round(best * 1e6, 2)


def measure(text):
    import jsonschema
    import jsonschema_rs

    given = json.loads(text)
    schema, document = given["schema"], given["document"]
    draft = jsonschema.Draft202012Validator
    plain = draft(schema, format_checker=draft.FORMAT_CHECKER)
    native = jsonschema_rs.Draft202012Validator(schema, validate_formats=True)
    print(json.dumps({
        "jsonschema_us": microseconds(lambda: plain.is_valid(document), 2),
        "jsonschema_rs_us": microseconds(lambda: native.is_valid(document), 40),
    }))


def main():
    if len(sys.argv) == 3 and sys.argv[1] == "--measure":
        with open(sys.argv[2], encoding="utf-8") as file:
            measure(file.read())
        return
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    with tempfile.TemporaryDirectory() as folder:
        venv.create(folder, with_pip=True)
        python = os.path.join(folder, "bin", "python")
        install = [python, "-m", "pip", "install", "--quiet", "jsonschema[format]==4.26.0", "jsonschema-rs==0.61.2"]
        if subprocess.run(install).returncode != 0:
            sys.exit("schema_peers: pip could not install jsonschema and jsonschema-rs")
        given = os.path.join(folder, "given.json")
        with open(given, "wb") as file:
            subprocess.run([sys.argv[1], "bench-schema", "--print"], check=True, stdout=file)
        subprocess.run([python, os.path.abspath(__file__), "--measure", given], check=True)


if __name__ == "__main__":
    main()
