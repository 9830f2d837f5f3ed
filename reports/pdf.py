"""A PDF document put together from drawn pages. Equal pages give equal bytes: no date, no random id."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Final

from reports.fonts import FIRST, font_number, sheet, stream

_CATALOG, _PAGES, _RESOURCES, _INFO = 1, 2, 3, 4
_AFTER_FONTS: Final = 40


def document(
    title: str, language: str, size: tuple[float, float], heads: Sequence[bytes], pages: Sequence[tuple[int, bytes]],
    *, full: bool,
) -> bytes:  # fmt: skip
    """The document of `pages`: number of the head each one carries (of `heads`), and what is drawn on it.

    `size` is in points, everything drawn in hundredths of a point from the lower left corner. `full`: with all letters.
    """
    objects: dict[int, bytes] = dict(enumerate(sheet(full=full).objects, start=FIRST))
    first_head = _AFTER_FONTS
    first_page = first_head + len(heads)
    objects |= {first_head + k: stream(b"q .01 0 0 .01 0 0 cm\n" + head) for k, head in enumerate(heads)}
    numbers = []
    for k, (head, drawn) in enumerate(pages):
        number = first_page + 2 * k
        objects[number] = (
            b"<</Type/Page/Parent %d 0 R/Resources %d 0 R/MediaBox[0 0 %.2f %.2f]/Contents[%d 0 R %d 0 R]>>"
            % (_PAGES, _RESOURCES, *size, first_head + head, number + 1)
        )
        objects[number + 1] = stream(drawn + b"Q\n")
        numbers.append(number)
    fonts = b"".join(b"/F%d %d 0 R" % (face, font_number(face)) for face in range(4))
    objects[_CATALOG] = b"<</Type/Catalog/Pages %d 0 R/Lang(%s)/ViewerPreferences<</DisplayDocTitle true>>>>" % (
        _PAGES,
        language.encode("ascii"),
    )
    objects[_PAGES] = b"<</Type/Pages/Count %d/Kids[%s]>>" % (
        len(numbers),
        b" ".join(b"%d 0 R" % number for number in numbers),
    )
    objects[_RESOURCES] = b"<</ProcSet[/PDF/Text]/Font<<%s>>>>" % fonts
    objects[_INFO] = b"<</Title<FEFF%s>/Author(padan)>>" % title.encode("utf-16-be").hex().upper().encode()
    return _file(objects)


def _file(objects: dict[int, bytes]) -> bytes:
    parts = [b"%PDF-1.4\n%\xe2\xe3\xcf\xd3\n"]
    place, at = {}, len(parts[0])
    for number in sorted(objects):
        body = b"%d 0 obj\n%s\nendobj\n" % (number, objects[number])
        place[number] = at
        at += len(body)
        parts.append(body)
    table = [b"0000000000 65535 f \n"]
    for number in range(1, max(objects) + 1):
        table.append(b"%010d 00000 n \n" % place[number] if number in place else b"0000000000 00001 f \n")
    digest = hashlib.blake2b(b"".join(parts), digest_size=16).hexdigest().encode()
    parts.append(b"xref\n0 %d\n%s" % (len(table), b"".join(table)))
    parts.append(
        b"trailer\n<</Size %d/Root %d 0 R/Info %d 0 R/ID[<%s><%s>]>>\nstartxref\n%d\n%%%%EOF\n"
        % (len(table), _CATALOG, _INFO, digest, digest, at)
    )
    return b"".join(parts)
