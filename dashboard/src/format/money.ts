/** Money for people. Sums are made in nano-dollars by the server; here they are only shown. */

export const UNPRICED = "unpriced";

const NANOS_PER_USD = 1_000_000_000;

/** Dollars with as many digits as the amount needs: $1,234 · $12.34 · $0.0123 · $0.00000042.
 *  Zero is "$0"; an amount that is not known is "–", never "$0.00". */
export function formatUsd(usd: number | null | undefined): string {
  if (usd == null || !Number.isFinite(usd)) return "–";
  if (usd === 0) return "$0";
  const sign = usd < 0 ? "−" : "";
  return `${sign}$${digitsOf(Math.abs(usd))}`;
}

function digitsOf(usd: number): string {
  if (usd >= 10_000) return usd.toLocaleString("en-US", { maximumFractionDigits: 0 });
  if (usd >= 1) return usd.toLocaleString("en-US", { minimumFractionDigits: 2, maximumFractionDigits: 2 });
  if (usd >= 0.1) return usd.toFixed(3);
  if (usd >= 0.01) return usd.toFixed(4);
  // Two significant digits below a cent, written out: people do not read 4.2e-7.
  const places = Math.min(9, Math.ceil(-Math.log10(usd)) + 1);
  const text = usd.toFixed(places);
  return Number(text) === 0 ? "0.000000001" : text;
}

/** Short form for axes and tight cells: $1.2k, $3.4M. */
export function formatUsdShort(usd: number): string {
  const size = Math.abs(usd);
  if (size >= 1_000_000) return `$${trim(usd / 1_000_000)}M`;
  if (size >= 1_000) return `$${trim(usd / 1_000)}k`;
  if (size >= 10) return `$${trim(usd)}`;
  return usd === 0 ? "$0" : `$${Number(usd.toPrecision(2))}`;
}

function trim(value: number): string {
  return value.toFixed(1).replace(/\.0$/, "");
}

/** The exact amount, from nano-dollars: "$0.000000042". */
export function formatNanoUsd(nanos: number): string {
  const whole = Math.floor(Math.abs(nanos) / NANOS_PER_USD);
  const rest = String(Math.abs(nanos) % NANOS_PER_USD).padStart(9, "0").replace(/0+$/, "").padEnd(2, "0");
  return `${nanos < 0 ? "−" : ""}$${whole.toLocaleString("en-US")}.${rest}`;
}

/** What a sum of calls cost, when some of them could not be priced. Nothing but those: no amount at all. */
export function formatSum(sum: { cost_usd: number; unpriced: number }): string {
  if (sum.unpriced > 0 && sum.cost_usd === 0) return UNPRICED;
  return formatUsd(sum.cost_usd);
}
