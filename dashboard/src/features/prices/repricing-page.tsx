export function RepricingPage() {
  return null;
}
