/** Counts for people: 950 · 12.3k · 4.56M. Null is "–": nobody said, which is not zero. */
export function formatCount(count: number | null | undefined): string {
  if (count == null || !Number.isFinite(count)) return "–";
  const size = Math.abs(count);
  if (size >= 1e9) return `${significant(count / 1e9)}B`;
  if (size >= 1e6) return `${significant(count / 1e6)}M`;
  if (size >= 1e4) return `${significant(count / 1e3)}k`;
  return Math.round(count).toLocaleString("en-US");
}

function significant(value: number): string {
  const size = Math.abs(value);
  return size >= 100 ? value.toFixed(0) : size >= 10 ? value.toFixed(1) : value.toFixed(2);
}

/** The whole number with separators: 1,234,567. */
export function formatExact(count: number | null | undefined): string {
  return count == null ? "–" : count.toLocaleString("en-US");
}

/** A share of a whole: 0 → "0%", 0.0004 → "0.04%", 0.123 → "12.3%". */
export function formatShare(part: number, whole: number): string {
  if (whole <= 0) return "–";
  const percent = (part / whole) * 100;
  if (percent === 0) return "0%";
  if (percent < 0.01) return "<0.01%";
  return `${percent < 1 ? percent.toFixed(2) : percent < 99.95 ? percent.toFixed(1) : percent.toFixed(0)}%`;
}

/** Change against an earlier value, as a signed percentage. Null when there was nothing to compare with. */
export function change(now: number | null, before: number | null | undefined): number | null {
  if (now == null || before == null || before === 0) return null;
  return (now - before) / before;
}

/** Beyond a hundredfold there was hardly anything to compare with: no figure says more than that. */
export function formatChange(fraction: number): string {
  const percent = fraction * 100;
  if (Math.abs(percent) < 0.05) return "0%";
  if (fraction >= 99) return "> 99×";
  const sign = percent > 0 ? "+" : "−";
  const size = Math.abs(percent);
  return `${sign}${size >= 1000 ? `${(size / 100 + 1).toFixed(0)}×` : `${size >= 10 ? size.toFixed(0) : size.toFixed(1)}%`}`;
}

/** Bytes in powers of 1024: "1.4 MiB". */
export function formatBytes(bytes: number): string {
  const units = ["B", "KiB", "MiB", "GiB", "TiB"];
  let value = bytes;
  let unit = 0;
  while (value >= 1024 && unit < units.length - 1) {
    value /= 1024;
    unit += 1;
  }
  return `${unit === 0 ? value : value.toFixed(value >= 100 ? 0 : 1)} ${units[unit]}`;
}

export function plural(count: number, one: string, many = `${one}s`): string {
  return `${formatExact(count)} ${count === 1 ? one : many}`;
}
