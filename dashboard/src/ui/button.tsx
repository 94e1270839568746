import { cva, type VariantProps } from "class-variance-authority";
import { Slot } from "radix-ui";
import type { ComponentProps } from "react";

import { cn } from "./cn";

const button = cva(
  "inline-flex shrink-0 items-center justify-center gap-1.5 whitespace-nowrap rounded-md font-medium transition-colors select-none disabled:opacity-50 disabled:cursor-not-allowed [&_svg]:shrink-0",
  {
    variants: {
      look: {
        primary: "bg-accent text-on-accent hover:bg-accent-hover",
        outline: "border border-line-strong/70 bg-surface text-text shadow-card hover:bg-hover",
        ghost: "text-muted hover:bg-hover hover:text-text data-[state=open]:bg-hover",
        danger: "border border-bad/40 bg-surface text-bad hover:bg-bad-soft",
        link: "text-accent-text hover:underline underline-offset-2 px-0!",
      },
      size: {
        sm: "h-7 px-2 text-xs [&_svg]:size-3.5",
        md: "h-8 px-2.5 text-sm [&_svg]:size-4",
        lg: "h-9 px-4 text-sm [&_svg]:size-4",
        icon: "size-8 [&_svg]:size-4",
        "icon-sm": "size-7 [&_svg]:size-3.5",
      },
    },
    defaultVariants: { look: "outline", size: "md" },
  },
);

type ButtonProps = ComponentProps<"button"> & VariantProps<typeof button> & { asChild?: boolean };

export function Button({ className, look, size, asChild = false, type = "button", ...props }: ButtonProps) {
  const Element = asChild ? Slot.Root : "button";
  return <Element className={cn(button({ look, size }), className)} {...(asChild ? {} : { type })} {...props} />;
}

/** A button that is only an icon: the label is what screen readers and the tooltip say. */
export function IconButton({ label, size = "icon", look = "ghost", ...props }: ButtonProps & { label: string }) {
  return <Button size={size} look={look} aria-label={label} title={label} {...props} />;
}
