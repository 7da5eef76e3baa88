import { type Content, type Html, html } from './html.ts'

interface Column {
  readonly title: string
  readonly kind: string
}

/** A column of a table; `name`: it says what its row is about. */
export function column(title: string, kind: 'name' | 'text' = 'text'): Column {
  return { title, kind }
}

/** Rows under a heading of their own. */
interface Group {
  readonly title?: Content
  readonly rows: readonly (readonly Content[])[]
}

/** A table of rows: see {@link groupedTable}. */
export function table(
  caption: string,
  columns: readonly Column[],
  rows: readonly (readonly Content[])[],
): Html {
  return groupedTable(caption, columns, [{ rows }])
}

/**
 * A table whose rows become cards where there is no room. Shown as blocks, its parts would no longer be a table for
 * those who listen to it: that is what the roles are for.
 */
export function groupedTable(caption: string, columns: readonly Column[], groups: readonly Group[]): Html {
  const cell = (content: Content, i: number) => {
    const { title, kind } = columns[i]!
    return kind === 'name'
      ? html`<th scope="row" role="rowheader">${content}</th>`
      : html`<td role="cell" data-label="${title}"><div>${content}</div></td>`
  }
  const body = ({ title, rows }: Group) => html`<tbody role="rowgroup">
${
  title !== undefined &&
  html`<tr role="row" class="group"><th scope="rowgroup" role="rowheader" colspan="${columns.length}">${title}</th></tr>
`
}${rows.map((row) => html`<tr role="row">${row.map(cell)}</tr>\n`)}</tbody>
`
  return html`<table class="cards" role="table">
<caption>${caption}</caption>
<thead role="rowgroup"><tr role="row">${columns.map(({ title }) => html`<th scope="col" role="columnheader">${title}</th>`)}</tr></thead>
${groups.map(body)}</table>`
}
