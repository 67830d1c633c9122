"""The form of a file as a browser sends it, in memory: the test client forgets to close large ones."""

BOUNDARY = "confine-di-prova"
CONTENT_TYPE = f"multipart/form-data; boundary={BOUNDARY}"


def form_with_file(csrf_token: str, name: str, content: bytes) -> bytes:
    """The body: the CSRF token and *content* as the field `file`, called *name*."""
    field = f"--{BOUNDARY}\r\nContent-Disposition: form-data; name="
    token = f'{field}"csrf_token"\r\n\r\n{csrf_token}\r\n'
    head = f'{field}"file"; filename="{name}"\r\nContent-Type: application/octet-stream\r\n\r\n'
    return (token + head).encode() + content + f"\r\n--{BOUNDARY}--\r\n".encode()
