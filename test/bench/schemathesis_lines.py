"""Teaches schemathesis lines of JSON, which it neither writes nor reads by itself."""

import json

import schemathesis

TYPE = "application/x-ndjson"


@schemathesis.serializer(TYPE)
def lines(ctx, value):
    if isinstance(value, (bytes, str)):
        return value
    return json.dumps(value) + "\n"


@schemathesis.deserializer(TYPE)
def last_line(ctx, response):
    # The contract has the schema of one line.
    text = response.content.decode().strip()
    return json.loads(text.splitlines()[-1]) if text else {"id": None, "tags": []}
