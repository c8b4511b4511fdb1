"""IOB2: two columns, a token and its tag, parted by a tab (or by a space, if that is what a file has).

Other tagging schemes are read and written under the option `scheme`: iob1, bioes and bilou.

    # id = ticket-7
    # text = Ada Lovelace wrote.
    Ada	B-person
    Lovelace	I-person
    wrote	O
    .	O
"""

from __future__ import annotations

from typing import ClassVar

from workbench.sources.column_lines import FileForm
from workbench.sources.column_source import ColumnSource


class Iob2Source(ColumnSource):
    """Reads and writes files of two columns; see `ColumnSource` for what is kept and refused."""

    form: ClassVar[FileForm] = FileForm("iob2", "\t")
