"""CBOR as iotivity-lite writes it: maps and arrays of indefinite length."""

import cbor2


def dumps(value):
    if isinstance(value, dict):
        return b"\xbf" + b"".join(dumps(key) + dumps(item) for key, item in value.items()) + b"\xff"
    if isinstance(value, (list, tuple)):
        return b"\x9f" + b"".join(dumps(item) for item in value) + b"\xff"
    return cbor2.dumps(value)
