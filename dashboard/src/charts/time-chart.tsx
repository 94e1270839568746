import { BarChart, LineChart } from "echarts/charts";
import { GridComponent, TooltipComponent } from "echarts/components";
import { init, use as register, type EChartsType } from "echarts/core";
import { CanvasRenderer } from "echarts/renderers";
import { useEffect, useRef } from "react";

import { cn } from "@/ui/cn";

import { chartOption, type ChartFrame, type ChartSeries } from "./options";
import { paletteOf, seriesColour } from "./palette";
import { useDark } from "./use-dark";

register([LineChart, BarChart, GridComponent, TooltipComponent, CanvasRenderer]);

interface TimeChartProps {
  label: string;
  series: readonly ChartSeries[];
  frame: ChartFrame;
  className?: string;
  /** Makes the legend's entries buttons that filter. */
  onPick?: (name: string) => void;
}

/** Series over time with a legend. The canvas is described in words for those who cannot see it. */
export function TimeChart({ label, series, frame, className, onPick }: TimeChartProps) {
  const isDark = useDark();
  const place = useRef<HTMLDivElement>(null);
  const chart = useRef<EChartsType | null>(null);

  useEffect(() => {
    if (place.current === null) return;
    const made = init(place.current, null, { renderer: "canvas" });
    chart.current = made;
    const observer = new ResizeObserver(() => made.resize());
    observer.observe(place.current);
    return () => {
      observer.disconnect();
      made.dispose();
      chart.current = null;
    };
  }, []);

  useEffect(() => {
    chart.current?.setOption(chartOption(series, frame, paletteOf(isDark)), { notMerge: true });
  }, [series, frame, isDark]);

  return (
    <div className={cn("flex flex-col px-3 pb-3", className)}>
      <div ref={place} role="img" aria-label={label} className="h-44 w-full min-w-0" />
      <Legend series={series} isDark={isDark} onPick={onPick} />
    </div>
  );
}

function Legend({ series, isDark, onPick }: { series: readonly ChartSeries[]; isDark: boolean; onPick: TimeChartProps["onPick"] }) {
  const palette = paletteOf(isDark);
  return (
    <ul className="flex flex-wrap gap-x-3 gap-y-0.5 px-2 pt-1 text-xs text-muted">
      {series.map((one, index) => {
        const swatch = (
          <>
            <span aria-hidden className="size-2 rounded-[2px]" style={{ background: one.colour ? palette[one.colour] : seriesColour(palette, index, one.name) }} />
            <span className="max-w-40 truncate">{one.name}</span>
          </>
        );
        return (
          <li key={one.name}>
            {onPick && one.name !== "(other)" ? (
              <button type="button" title={`Filter by ${one.name}`} className="flex items-center gap-1.5 hover:text-text" onClick={() => onPick(one.name)}>
                {swatch}
              </button>
            ) : (
              <span className="flex items-center gap-1.5">{swatch}</span>
            )}
          </li>
        );
      })}
    </ul>
  );
}
