import type { ReactNode } from "react";

export interface Column<Row> { name: string; cell: (row: Row) => ReactNode; className?: string }

interface Props<Row> { label: string; columns: Column<Row>[]; rows: Row[]; keyOf: (row: Row) => string }

/** A table on a wide screen, one card per row on a phone; roles are said aloud because CSS changes the boxes. */
export function DataTable<Row>({ label, columns, rows, keyOf }: Props<Row>) {
  return (
    <table className="card table" aria-label={label} role="table">
      <thead role="rowgroup">
        <tr role="row">{columns.map((column) => <th key={column.name} scope="col" role="columnheader">{column.name}</th>)}</tr>
      </thead>
      <tbody role="rowgroup">
        {rows.map((row) => (
          <tr key={keyOf(row)} role="row">
            {columns.map((column) => (
              <td key={column.name} role="cell" data-name={column.name} className={column.className}>{column.cell(row)}</td>
            ))}
          </tr>
        ))}
      </tbody>
    </table>
  );
}
