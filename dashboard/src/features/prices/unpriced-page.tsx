export function UnpricedPage() {
  return null;
}
