import { sparklinePath } from "./sparkline-path";

const WIDTH = 120;
const HEIGHT = 28;

/** A small line without axes: the shape of a figure over time. */
export function Sparkline({ values, bad = false }: { values: readonly (number | null)[]; bad?: boolean }) {
  const { line, area } = sparklinePath(values, WIDTH, HEIGHT);
  const colour = bad ? "var(--bad)" : "var(--accent)";
  return (
    <svg viewBox={`0 0 ${WIDTH} ${HEIGHT}`} preserveAspectRatio="none" aria-hidden className="h-7 w-full">
      <path d={area} fill={colour} opacity={0.1} />
      <path d={line} fill="none" stroke={colour} strokeWidth={1.4} vectorEffect="non-scaling-stroke" strokeLinejoin="round" />
    </svg>
  );
}
