#!/usr/bin/env python3
"""Scores the importer of OpenAPI documents on a folder of them, and reads the requests back that it makes.

usage: openapi.py SCOREBOARD FOLDER [--binaries FOLDER] [--seed N] [--processes N]

SCOREBOARD is the program `penstock-scoreboard`. With the folder of `penstock-relay` and `penstock-connector` the documents'
own examples are called too. The last line is one JSON object. Leaves with 1 where a request is not
what its arguments say, or a valid document is not imported.
"""

import argparse
import base64
import collections
import contextlib
import json
import multiprocessing
import os
import signal
import subprocess
import sys
import time
import traceback
from decimal import Decimal

from source import NotComparable, Source


# With PENSTOCK_CORRUPT set, requests are made wrong on purpose: all that counts then is that they fail.
CORRUPTS = bool(os.environ.get("PENSTOCK_CORRUPT"))


def score(folder, document, lines):
    """Reads one document's requests back; the line about the document, with what came of them."""
    from readback import Mismatch, Request

    result = dict(document, round_trips=0, failures=[], not_comparable=collections.Counter(), refused=[], unmade=[], impossible=[])
    result["reading_back"] = time.process_time()
    try:
        source = Source(folder, document["document"], document["files"])
    except Exception as error:
        source, fault = None, f"it cannot be loaded independently: {error}"[:200]
    for line in lines:
        if line["kind"] == "impossible":
            told = "reported" if line["reported"] else "NOT REPORTED"
            result["impossible"].append(f"{line['method']} {line['path']}: {told}")
            continue
        if line["kind"] != "request":
            result[line["kind"]].append(f"{line['method']} {line['path']} ({line['case']}): {line['refused'][:1]}")
            continue
        result["round_trips"] += 1
        if CORRUPTS and not corrupt(line):
            result["round_trips"] -= 1
            continue
        try:
            if source is None:
                raise NotComparable(fault)
            Request(source.operation(line["path"], line["method"]), line).check()
        except NotComparable as reason:
            result["not_comparable"][str(reason)] += 1
        except Mismatch as mismatch:
            result["failures"].append(f"{line['method']} {line['path']} ({line['case']}): {mismatch}")
        except Exception:
            trace = traceback.format_exc().strip().splitlines()
            result["failures"].append(f"{line['method']} {line['path']} ({line['case']}): {trace[-1]} {trace[-3]}")
    result["reading_back"] = time.process_time() - result["reading_back"]
    return result


def corrupt(line):
    """Changes one character that was made from an argument, to see whether it is noticed; false where there is none."""
    target, query = line["target"].partition("?")[::2]
    kind = dict(line["headers"]).get("content-type", "")
    if query and query[-1].isalnum():
        line["target"] = line["target"][:-1] + ("1" if query[-1] != "1" else "2")
    elif line.get("body") and not kind.startswith("multipart/"):
        data = bytearray(base64.b64decode(line["body"]))
        places = [index for index, byte in enumerate(data) if chr(byte).isalnum()]
        if not places:
            return False
        data[places[-1]] ^= 1
        line["body"] = base64.b64encode(data).decode()
    elif "{" in line["path"] and line["path"].endswith("}") and not query and target[-1].isalnum():
        line["target"] = target[:-1] + ("1" if target[-1] != "1" else "2")
    else:
        return False
    return True


def validity(folder, name):
    """What openapi-spec-validator says of a document that was not imported whole; nil where it is valid."""
    from source import load

    def stop(*_):
        raise TimeoutError

    signal.signal(signal.SIGALRM, stop)
    signal.alarm(20)
    try:
        from openapi_spec_validator import validate

        validate(json.loads(json.dumps(load(os.path.join(folder, name)), default=float)))
        return None
    except TimeoutError:
        return "not judged within 20 s"
    except Exception as error:
        text = getattr(error, "message", None) or str(error)
        return f"{type(error).__name__}: {text}".splitlines()[0][:160]
    finally:
        signal.alarm(0)


def share(arguments):
    """Has the scoreboard import its share of the folder, and reads back what it prints."""
    program, folder, index, count, seed = arguments
    results = []
    command = [program, "openapi-requests", folder, f"{index}/{count}", str(seed)]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        document, lines = None, []

        def close():
            if document is not None:
                results.append(score(folder, document, lines))

        for text in process.stdout:
            line = json.loads(text, parse_float=Decimal)
            if line["kind"] == "document":
                close()
                document, lines = line, []
            elif line["kind"] == "end":
                document["generating"] = line["generating"]
            else:
                lines.append(line)
        close()
    if process.returncode != 0:
        results.append({"crash": f"penstock-scoreboard left with {process.returncode} after {document and document['document']}"})
    return results


def reasons(counts):
    return ", ".join(f"{name} {count}" for name, count in sorted(counts.items())) or "-"


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("program")
    parser.add_argument("folder")
    parser.add_argument("--binaries")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--processes", type=int, default=2)
    options = parser.parse_args()
    start = time.monotonic()
    shares = [(options.program, options.folder, i, options.processes, options.seed) for i in range(options.processes)]
    with multiprocessing.Pool(options.processes) as pool:
        results = [result for part in pool.imap_unordered(share, shares) for result in part]
    crashes = [result["crash"] for result in results if "crash" in result]
    results = sorted((result for result in results if "crash" not in result), key=lambda result: result["document"])
    judged = [result["document"] for result in results if "error" in result or result.get("left_out")]
    with multiprocessing.Pool(options.processes) as pool:
        faults = dict(zip(judged, pool.starmap(validity, [(options.folder, name) for name in judged])))
    total = collections.Counter()
    left_out, incomparable = collections.Counter(), collections.Counter()
    print(f"{'document':<58} {'version':>8} {'ops':>5} {'imported':>8} {'changed':>7} {'trips':>6} {'fail':>4} {'n/c':>4} {'seconds':>8}  left out")
    for result in results:
        name = result["document"]
        total["documents"] += 1
        seconds = float(result["seconds"])
        total["milliseconds"] += round(seconds * 1000)
        if "error" in result:
            fault = faults[name]
            total["documents_not_imported" if fault is None else "documents_not_valid"] += 1
            print(f"{name[-58:]:<58} not imported: {result['error']}")
            print(f"    {'VALID by openapi-spec-validator' if fault is None else 'not valid: ' + fault}")
            continue
        total["documents_imported"] += 1
        trips, failures, nc = result["round_trips"], len(result["failures"]), sum(result["not_comparable"].values())
        total.update(
            operations=result["operations"], operations_imported=result["imported"],
            operations_with_changes=result["with_changes"], round_trips=trips, round_trip_failures=failures,
            not_comparable=nc, refused=len(result["refused"]), unmade=len(result["unmade"]),
            impossible=len(result["impossible"]),
            impossible_unreported=sum("NOT" in text for text in result["impossible"]),
        )  # fmt: skip
        left_out.update(result["left_out"])
        incomparable.update(result["not_comparable"])
        print(
            f"{name[-58:]:<58} {result.get('version', ''):>8} {result['operations']:>5} {result['imported']:>8}"
            f" {result['with_changes']:>7} {trips:>6} {failures:>4} {nc:>4} {seconds:>8.3f}  {reasons(result['left_out'])}"
        )
        for text in result["failures"][:5]:
            print(f"    FAILS: {text[:600]}")
        if failures > 5:
            print(f"    … and {failures - 5} more")
        for text in result["left_out_operations"]:
            print(f"    left out: {text[:300]}")
        for reason, count in result["not_comparable"].items():
            print(f"    not comparable, {count}: {reason}")
        for text in result["impossible"]:
            print(f"    no arguments: {text[:300]}")
        for kind in ("refused", "unmade"):
            if result[kind]:
                print(f"    {kind}, {len(result[kind])}: such as {result[kind][0][:300]}")
    print()
    print(f"operations left out: {reasons(left_out)}")
    print(f"not comparable: {reasons(incomparable)}")
    print(f"arguments that follow the schema and cannot be sent: {total['refused']}; kinds of arguments not made: {total['unmade']}")
    print(
        f"endpoints for which no arguments can be made: {total['impossible']}, of these without a finding:"
        f" {total['impossible_unreported']}"
    )
    for crash in crashes:
        print(f"CRASH: {crash}")
    summary = {
        "documents": total["documents"],
        "documents_imported": total["documents_imported"],
        "documents_not_valid": total["documents_not_valid"],
        "operations": total["operations"],
        "operations_imported": total["operations_imported"],
        "operations_with_changes": total["operations_with_changes"],
        "round_trips": total["round_trips"],
        "round_trip_failures": total["round_trip_failures"],
        "not_comparable": total["not_comparable"],
        "refused": total["refused"],
        "endpoints_without_arguments": total["impossible"],
        "endpoints_without_arguments_unreported": total["impossible_unreported"],
        "import_seconds": total["milliseconds"] / 1000,
    }
    if options.binaries:
        import examples

        summary.update(examples.score(options.program, options.binaries, options.folder))
    summary["seconds"] = round(time.monotonic() - start, 1)
    print(json.dumps(summary))
    return 1 if crashes or total["round_trip_failures"] or total["documents_not_imported"] else 0


if __name__ == "__main__":
    with contextlib.suppress(BrokenPipeError):
        sys.exit(main())
