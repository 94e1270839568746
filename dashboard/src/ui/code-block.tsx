import { cn } from "./cn";
import { CopyButton } from "./copy-button";

/** Text in a fixed-width box with a copy button, which copies `copy` where that differs from what is shown. */
export function CodeBlock(props: { code: string; label: string; copy?: string | undefined; wrap?: boolean; className?: string }) {
  const { code, label, copy = code, wrap = false, className } = props;
  return (
    <div className={cn("group relative rounded-md border border-line bg-sunken", className)}>
      <pre
        tabIndex={0}
        role="region"
        aria-label={label}
        className={cn("overflow-auto p-3 pr-10 font-mono text-xs leading-5 text-text", wrap && "break-words whitespace-pre-wrap")}
      >
        {code}
      </pre>
      <CopyButton text={copy} label={`Copy ${label}`} className="absolute top-1.5 right-1.5 bg-sunken" />
    </div>
  );
}
