export function OwnPricesPage() {
  return null;
}
