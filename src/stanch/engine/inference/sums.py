"""Calls that share key, hour, model and network are one cell: rows are put in order once, and each column summed."""

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from stanch.engine.inference.rows import ANY, KEYS, MOSTS, SUMS

_ROOM = 1 << 62


def summed(rows: pa.Table) -> pa.Table:
    """Rows of calls, or of cells, one for each hour and each combination of what tells cells apart."""
    if "when" in rows.column_names:
        rows = rows.append_column("first", rows["when"]).append_column("last", rows["when"])
    codes = _codes(rows)
    order = np.argsort(codes, kind="stable")
    ordered = codes[order]
    begins = np.flatnonzero(np.concatenate(([True], ordered[1:] != ordered[:-1])))
    one_of_each = pa.array(order[begins])
    made = {name: rows[name].take(one_of_each) for name in ("start", *KEYS, *ANY, "request")}
    for names, add in ((SUMS, np.add), (MOSTS, np.maximum), (("first",), np.minimum), (("last",), np.maximum)):
        made |= {name: add.reduceat(rows[name].to_numpy()[order], begins) for name in names}
    return pa.table(made)


def _codes(rows: pa.Table) -> NDArray[np.int64]:
    """A number for each row, the same for rows that belong together."""
    hours, codes = np.unique(rows["start"].to_numpy(), return_inverse=True)
    size = len(hours)
    for name in KEYS:
        words = rows[name].combine_chunks().dictionary_encode()
        if size * len(words.dictionary) > _ROOM:
            known, codes = np.unique(codes, return_inverse=True)
            size = len(known)
        codes = codes * len(words.dictionary) + words.indices.to_numpy()
        size *= len(words.dictionary)
    return codes.astype(np.int64, copy=False)
