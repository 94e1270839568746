/** Joins the newest page of a list with the pages already shown. Pure. */

export interface ListPage<T> {
  items: T[];
  next_cursor: string | null;
}

export interface ListPages<T> {
  pages: ListPage<T>[];
  pageParams: (string | null)[];
}

/** `fresh` on top, without showing anything twice. If so much is new that the pages no longer meet, it starts over:
 *  a list with a hole would look complete and not be. */
export function withNewest<T>(before: ListPages<T> | undefined, fresh: ListPage<T>, idOf: (item: T) => string): ListPages<T> {
  const startOver: ListPages<T> = { pages: [fresh], pageParams: [null] };
  const [first, ...others] = before?.pages ?? [];
  if (before === undefined || first === undefined) return startOver;
  const freshIds = new Set(fresh.items.map(idOf));
  const meets = first.items.some((item) => freshIds.has(idOf(item)));
  if (!meets && fresh.next_cursor !== null) return startOver;
  const unseen = (items: T[]) => items.filter((item) => !freshIds.has(idOf(item)));
  return {
    pages: [{ ...first, items: [...fresh.items, ...unseen(first.items)] }, ...others.map((page) => ({ ...page, items: unseen(page.items) }))],
    pageParams: before.pageParams,
  };
}
