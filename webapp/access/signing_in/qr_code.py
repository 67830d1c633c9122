"""A QR code as an SVG picture. PURE."""

import io

import segno


def svg(text: str) -> bytes:
    """Dark on white with a quiet zone whatever the theme: cameras need both. Sized by the page."""
    out = io.BytesIO()
    segno.make(text, error="m", micro=False).save(
        out, kind="svg", border=4, light="#fff", dark="#000", omitsize=True, xmldecl=False
    )
    return out.getvalue()
