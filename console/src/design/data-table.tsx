import type { ReactNode } from "react";

export interface Column<Row> { name: string; cell: (row: Row) => ReactNode; className?: string }

interface Props<Row> { label: string; columns: Column<Row>[]; rows: Row[]; keyOf: (row: Row) => string }

/** A table on a wide screen, one card per row on a phone; each cell then bears its column's name. */
export function DataTable<Row>({ label, columns, rows, keyOf }: Props<Row>) {
  return (
    <table className="card table" aria-label={label} role="table">
      <thead>
        <tr role="row">{columns.map((column) => <th key={column.name} scope="col" role="columnheader">{column.name}</th>)}</tr>
      </thead>
      <tbody>
        {rows.map((row) => (
          <tr key={keyOf(row)} role="row">
            {columns.map((column) => (
              <td key={column.name} data-name={column.name} className={column.className}>{column.cell(row)}</td>
            ))}
          </tr>
        ))}
      </tbody>
    </table>
  );
}
