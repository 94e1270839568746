/** SVG paths of a sparkline. Unknown values are bridged: it shows a shape, the chart below shows the gaps. */
export function sparklinePath(values: readonly (number | null)[], width: number, height: number): { line: string; area: string } {
  const most = Math.max(...values.map((value) => value ?? 0), 0);
  const stepX = width / Math.max(1, values.length - 1);
  const usable = height - 3;
  const points = values.flatMap((value, index) =>
    value === null ? [] : [`${round(index * stepX)},${round(height - 1.5 - (most === 0 ? 0 : (value / most) * usable))}`],
  );
  const [first, ...rest] = points;
  if (first === undefined) return { line: "", area: "" };
  const line = `M${first}${rest.map((point) => `L${point}`).join("")}`;
  const lastX = points.at(-1)?.split(",")[0] ?? "0";
  return { line, area: `${line}L${lastX},${height}L${first.split(",")[0] ?? "0"},${height}Z` };
}

const round = (value: number) => Math.round(value * 10) / 10;
