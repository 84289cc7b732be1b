"""A function's deployment package, for the scripts beside this one."""

import io
import zipfile


def package(binary: str) -> bytes:
    """What `cargo lambda build` and `aws cloudformation package` make of a binary: a zip with it
    under the name that the runtime starts."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as file:
        entry = zipfile.ZipInfo("bootstrap")
        entry.external_attr = 0o755 << 16
        entry.compress_type = zipfile.ZIP_DEFLATED
        with open(binary, "rb") as content:
            file.writestr(entry, content.read())
    return buffer.getvalue()
