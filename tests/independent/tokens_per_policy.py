#!/usr/bin/env python3
"""Counts the B2C tokens in a folder of downloads, straight from the files, as a second opinion on the engine.

    python3 tests/independent/tokens_per_policy.py sample-data

Prints `policy,token_kind,issued,users`. Shares no code with the engine or with the generator of the sample data,
and knows only the shapes that hold each event of the sample at least once: Graph and Azure AD Graph pages, and the
portal's CSV. A CSV row, which has no id, counts unless a JSON record tells of the same event. A record that cannot be
read is stepped over and told on stderr.
"""
import codecs
import csv
import gzip
import io
import json
import os
import sys
import zipfile

TOKEN_KINDS = {
    "Issue an id_token to the application": "id_token",
    "Issue an access token to the application": "access_token",
    "Issue an authorization code to the application": "authorization_code",
    "Issue a SAML assertion to the application": "saml_assertion",
    "Exchange token": "refresh",
}


def members(path):
    """Name and bytes of a file, or of each file inside it."""
    with open(path, "rb") as stream:
        data = stream.read()
    if path.endswith(".gz"):
        yield path[:-3], gzip.decompress(data)
    elif path.endswith(".zip"):
        with zipfile.ZipFile(io.BytesIO(data)) as container:
            for name in sorted(container.namelist()):
                if not name.endswith("/"):
                    yield path + "/" + name, container.read(name)
    else:
        yield path, data


def text_of(data):
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return data.decode("utf-16")
    return data.decode("utf-8")


def values(text):
    """The JSON values of a text that may hold several, with white space and byte order marks between them."""
    decoder = json.JSONDecoder()
    place = 0
    while True:
        while place < len(text) and text[place] in " \t\r\n\ufeff":
            place += 1
        if place == len(text):
            return
        value, place = decoder.raw_decode(text, place)
        yield value


def records_of(value):
    if isinstance(value, list):
        return value
    if isinstance(value.get("value"), list):
        return value["value"]
    return [value]


def balanced_objects(text):
    """The text of each object directly inside the first array, found by counting braces outside of strings."""
    depth, start, in_string, escaped = 0, None, False, False
    for place in range(text.find("[") + 1, len(text)):
        letter = text[place]
        if in_string:
            if escaped:
                escaped = False
            elif letter == "\\":
                escaped = True
            elif letter == '"':
                in_string = False
        elif letter == '"':
            in_string = True
        elif letter == "{":
            if depth == 0:
                start = place
            depth += 1
        elif letter == "}":
            depth -= 1
            if depth == 0:
                yield text[start:place + 1]
            elif depth < 0:
                return


def json_records(name, text):
    try:
        return [record for value in values(text) for record in records_of(value)]
    except ValueError:
        pass
    good = []
    for piece in balanced_objects(text):
        try:
            good.append(json.loads(piece))
        except ValueError as error:
            sys.stderr.write("%s: stepped over a record: %s\n" % (name, error))
    return good


def from_legacy(record):
    return (
        record["id"],
        record["category"],
        record["activity"],
        record["activityResultStatus"],
        [target.get("objectId") for target in record.get("targets") or []],
        {detail["name"]: detail["value"] for detail in record.get("additionalDetails") or []},
    )


def from_graph(record):
    return (
        record["id"],
        record["loggedByService"],
        record["activityDisplayName"],
        record["result"],
        [target.get("id") for target in record.get("targetResources") or []],
        {detail["key"]: detail.get("value") for detail in record.get("additionalDetails") or []},
    )


def from_csv(row, identity):
    details = {row["AdditionalDetail%dKey" % n]: row["AdditionalDetail%dValue" % n] for n in range(1, 7)}
    targets = [row["Target%dObjectId" % n] for n in range(1, 4)]
    return identity, row["Service"], row["Activity"], row["Result"], targets, details


def events(folder):
    for directory, folders, files in os.walk(folder):
        folders.sort()
        for file in sorted(files):
            if not file.endswith((".json", ".json.gz", ".zip", ".csv")):
                continue
            for name, data in members(os.path.join(directory, file)):
                text = text_of(data)
                if name.endswith(".csv"):
                    rows = csv.DictReader(io.StringIO(text.lstrip("\ufeff"), newline=""))
                    for number, row in enumerate(rows):
                        if "AdditionalDetail1Key" in row:
                            event = (row["Date (UTC)"][:19], row["CorrelationId"], row["Activity"])
                            yield event, from_csv(row, (name, number))
                else:
                    for record in json_records(name, text):
                        if "activityDate" in record:
                            event = (record["activityDate"][:19], record["correlationId"], record["activity"])
                            yield event, from_legacy(record)
                        elif "activityDateTime" in record and "targetResources" in record:
                            activity = record["activityDisplayName"]
                            event = (record["activityDateTime"][:19], record["correlationId"], activity)
                            yield event, from_graph(record)


def main():
    seen, issued, users = set(), {}, {}
    found = list(events(sys.argv[1]))
    with_id = {event for event, record in found if not isinstance(record[0], tuple)}
    for event, (identity, service, activity, result, targets, details) in found:
        if identity in seen or isinstance(identity, tuple) and event in with_id:
            continue
        seen.add(identity)
        if service != "B2C" or activity not in TOKEN_KINDS or result.lower() != "success":
            continue
        key = (details.get("PolicyId") or "", TOKEN_KINDS[activity])
        issued[key] = issued.get(key, 0) + 1
        users.setdefault(key, set()).update(target for target in targets if target)
    output = csv.writer(sys.stdout, lineterminator="\n")
    output.writerow(["policy", "token_kind", "issued", "users"])
    for policy, kind in sorted(issued):
        output.writerow([policy, kind, issued[policy, kind], len(users[policy, kind])])


if __name__ == "__main__":
    main()
