"""Reads a table through the REST catalog and prints its rows as JSON, sorted by id. Usage: read.py URI NAMESPACE.TABLE"""
import json
import sys

from pyiceberg.catalog import load_catalog

catalog = load_catalog("millrace", type="rest", uri=sys.argv[1])
table = catalog.load_table(sys.argv[2])
rows = table.scan().to_arrow().sort_by("id").to_pylist()
few = table.scan(row_filter="id >= 10 and id < 20").to_arrow().num_rows
print(json.dumps({
    "format": table.metadata.format_version,
    "schema": [str(field.field_type) for field in table.schema().fields],
    "summary": dict(table.current_snapshot().summary.additional_properties),
    "few": few,
    "rows": [{key: None if value is None else str(value) for key, value in row.items()} for row in rows],
}))
