/** GET /v1/export into a file of the reader's. */
import { apiUrl, send, type Parameters } from "./client";

export type ExportFormat = "csv" | "ndjson" | "parquet";

interface FilePicker {
  showSaveFilePicker?: (options: { suggestedName: string }) => Promise<{ createWritable: () => Promise<WritableStream<Uint8Array>> }>;
}

/** Straight to disk where the browser can, through memory where it cannot. */
export async function saveExport(scope: Parameters, format: ExportFormat): Promise<void> {
  const name = `lynex-spans-${new Date().toISOString().slice(0, 16).replace(/[T:]/g, "-")}.${format}`;
  const picker = (window as FilePicker).showSaveFilePicker;
  const file = picker === undefined ? null : await picker.call(window, { suggestedName: name }).catch(ignoreAbort);
  if (file === undefined) return;
  const response = await send("GET", apiUrl("/v1/export", { ...scope, format }));
  if (file !== null && response.body !== null) await response.body.pipeTo(await file.createWritable());
  else saveBlob(await response.blob(), name);
}

/** Closing the file picker is a choice, not an error. */
function ignoreAbort(error: unknown): undefined {
  if (error instanceof DOMException && error.name === "AbortError") return undefined;
  throw error;
}

function saveBlob(blob: Blob, name: string): void {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  URL.revokeObjectURL(link.href);
}
