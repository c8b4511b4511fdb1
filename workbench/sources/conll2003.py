"""CoNLL-2003: four columns, token, part of speech, chunk and tag, parted by a space (or by a tab).

The middle columns are kept as they are; documents from elsewhere get `-X-` and `_` there. The format is
that of Tjong Kim Sang and De Meulder 2003, https://aclanthology.org/W03-0419. Its original files are in
IOB1: read them with the scheme iob1.

    -DOCSTART- -X- O O

    Ada NNP I-NP B-PER
    wrote VBD I-VP O
    . . O O
"""

from __future__ import annotations

from typing import ClassVar

from workbench.sources.column_lines import FileForm
from workbench.sources.column_source import ColumnSource


class Conll2003Source(ColumnSource):
    """Reads and writes files of four columns; see `ColumnSource` for what is kept and refused."""

    form: ClassVar[FileForm] = FileForm("conll2003", " ", fillers=("-X-", "_"))
