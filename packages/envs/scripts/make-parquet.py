"""Writes the Parquet files that the loader's tests read: every kind of value, 25 rows in groups of ten.

Needs pyarrow. Run in the folder packages/envs: python3 scripts/make-parquet.py
"""

import datetime

import pyarrow as pa
import pyarrow.parquet as pq

rows = 25
table = pa.table(
    {
        "id": pa.array(range(1, rows + 1), pa.int64()),
        "big": pa.array([2**53 + 1] + [None] * (rows - 1), pa.int64()),
        "prompt": pa.array([f"post {i} é😀" for i in range(1, rows + 1)]),
        "tags": pa.array([[f"t{j}" for j in range(i % 3)] for i in range(rows)], pa.list_(pa.string())),
        "rows": pa.array([[[1, 2], [3]]] * rows, pa.list_(pa.list_(pa.int32()))),
        "meta": pa.array([{"score": 0.5 + i, "ok": i % 2 == 0} for i in range(rows)]),
        "when": pa.array([datetime.datetime(2024, 1, 2, 3, 4, 5)] * rows, pa.timestamp("us")),
        "kind": pa.array([["a", "b"][i % 2] for i in range(rows)]).dictionary_encode(),
        "raw": pa.array([b"\xff\x00\x01"] * rows, pa.binary(3)),
    }
)
pq.write_table(table, "test/fixtures/kinds.parquet", compression="snappy", row_group_size=10)
pq.write_table(
    table, "test/fixtures/kinds-zstd.parquet", compression="zstd", row_group_size=10, data_page_version="2.0"
)
