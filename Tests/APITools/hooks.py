# SPDX-License-Identifier: Apache-2.0
"""What schemathesis must be told about the classifier's document: how to send bytes."""

import schemathesis


@schemathesis.serializer("application/x-protobuf")
def protobuf(context, value):
    if isinstance(value, bytes):
        return value
    return str(value).encode("utf-8", "surrogateescape")
