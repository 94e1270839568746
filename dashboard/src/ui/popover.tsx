import { Popover as Primitive } from "radix-ui";
import type { ComponentProps } from "react";

import { cn } from "./cn";

export const Popover = Primitive.Root;
export const PopoverTrigger = Primitive.Trigger;

export function PopoverContent({ className, sideOffset = 6, align = "start", ...props }: ComponentProps<typeof Primitive.Content>) {
  return (
    <Primitive.Portal>
      <Primitive.Content
        className={cn("z-50 rounded-md border border-line bg-raised text-sm shadow-pop outline-none animate-pop max-w-[calc(100vw-16px)]", className)}
        sideOffset={sideOffset}
        align={align}
        collisionPadding={8}
        {...props}
      />
    </Primitive.Portal>
  );
}
