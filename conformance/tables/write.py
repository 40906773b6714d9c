"""Makes a table of its own, appends twice, deletes, evolves, reads back; tries to write into a table that Millrace feeds."""
import datetime
import decimal
import json
import sys

import pyarrow as pa
from pyiceberg.catalog import load_catalog
from pyiceberg.exceptions import ForbiddenError
from pyiceberg.types import StringType

catalog = load_catalog("millrace", type="rest", uri=sys.argv[1])
catalog.create_namespace("theirs")
data = pa.table({
    "id": pa.array([1, 2, 9_007_199_254_740_993], pa.int64()),
    "amount": pa.array([decimal.Decimal("1.10"), None, decimal.Decimal("99999999999999.99")], pa.decimal128(16, 2)),
    "at": pa.array([datetime.datetime(2024, 2, 29, 12, 0, 0, 123456), None, None], pa.timestamp("us")),
})
table = catalog.create_table("theirs.t", schema=data.schema)
table.append(data)
table.append(data.slice(0, 2))
table.delete("id = 2")
with table.update_schema() as update:
    update.add_column("note", StringType())
catalog.rename_table("theirs.t", "theirs.kept")
read = catalog.load_table("theirs.kept").scan().to_arrow().sort_by("id").to_pylist()
fed = catalog.load_table(sys.argv[2])
try:
    fed.append(fed.scan().to_arrow())
    refused = ""
except ForbiddenError as error:
    refused = str(error)
print(json.dumps({
    "namespaces": sorted(n[0] for n in catalog.list_namespaces()),
    "tables": [t[1] for t in catalog.list_tables("theirs")],
    "rows": [{key: None if value is None else str(value) for key, value in row.items()} for row in read],
    "refused": refused,
}))
