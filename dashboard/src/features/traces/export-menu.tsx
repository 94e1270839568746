import { useMutation } from "@tanstack/react-query";
import { Download, LoaderCircle } from "lucide-react";

import { saveExport, type ExportFormat } from "@/api/export";
import { scopeParameters, type Scope } from "@/scope/scope";
import { Button } from "@/ui/button";
import { Menu, MenuContent, MenuItem, MenuLabel, MenuTrigger } from "@/ui/menu";

const FORMATS: readonly { format: ExportFormat; label: string }[] = [
  { format: "csv", label: "CSV" },
  { format: "ndjson", label: "NDJSON" },
  { format: "parquet", label: "Parquet" },
];

/** Saves every span that passes the filters, not only those in view. */
export function ExportMenu({ scope }: { scope: Scope }) {
  const save = useMutation({ mutationFn: (format: ExportFormat) => saveExport(scopeParameters(scope), format) });
  return (
    <>
      {save.error !== null && (
        <span role="alert" className="max-w-64 truncate text-xs text-bad" title={save.error.message}>
          {save.error.message}
        </span>
      )}
      <Menu>
        <MenuTrigger asChild>
          <Button disabled={save.isPending} aria-label="Export">
            {save.isPending ? <LoaderCircle className="animate-spin" /> : <Download className="text-faint" />}
            <span className="hidden sm:inline">Export</span>
          </Button>
        </MenuTrigger>
        <MenuContent align="end">
          <MenuLabel>All spans of these filters</MenuLabel>
          {FORMATS.map(({ format, label }) => (
            <MenuItem key={format} onSelect={() => save.mutate(format)}>
              {label}
            </MenuItem>
          ))}
        </MenuContent>
      </Menu>
    </>
  );
}
