/** Colours of series, read from the same variables as the rest, so that charts follow the theme. */

const LIGHT = ["#14807a", "#d98a1f", "#5266c4", "#b8506e", "#5e9a3c", "#8a5bb5", "#3b8fc2", "#a8703a", "#7b8794"];
const DARK = ["#45b8ae", "#e8ab54", "#8c9cf0", "#e08aa2", "#93c773", "#b892e0", "#6fb7e3", "#cf9a68", "#8b96a1"];

export interface Palette {
  series: readonly string[];
  text: string;
  line: string;
  surface: string;
  bad: string;
  warn: string;
}

export function paletteOf(isDark: boolean): Palette {
  return isDark
    ? { series: DARK, text: "#99a4a8", line: "#30383b", surface: "#1b2022", bad: "#f08a80", warn: "#e8b65a" }
    : { series: LIGHT, text: "#67737a", line: "#e6eaec", surface: "#ffffff", bad: "#cf4038", warn: "#b06a08" };
}

/** "(other)" and the nameless are grey, so that the eye stays with the named. */
export function seriesColour(palette: Palette, index: number, key: string): string {
  const grey = palette.series.at(-1) ?? palette.text;
  if (key === "(other)") return grey;
  return palette.series[index % (palette.series.length - 1)] ?? grey;
}
