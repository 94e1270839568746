import { clsx, type ClassValue } from "clsx";
import { extendTailwindMerge } from "tailwind-merge";

/** Our type scale has sizes Tailwind does not know; without this they would be taken for colours. */
const merge = extendTailwindMerge({ extend: { classGroups: { "font-size": [{ text: ["2xs", "xs", "sm", "base", "lg", "2xl"] }] } } });

/** Class names, later ones winning over earlier ones of the same kind. */
export function cn(...classes: ClassValue[]): string {
  return merge(clsx(classes));
}
