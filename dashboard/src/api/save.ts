/** An answer of the server into a file of the reader's: by fetch, for it needs the project's header. */
import { send } from "./client";

interface FilePicker {
  showSaveFilePicker?: (options: { suggestedName: string }) => Promise<{ createWritable: () => Promise<WritableStream<Uint8Array>> }>;
}

/** Straight to disk where the browser can, through memory where it cannot. */
export async function saveAnswer(url: string, name: string): Promise<void> {
  const picker = (window as FilePicker).showSaveFilePicker;
  const file = picker === undefined ? null : await picker.call(window, { suggestedName: name }).catch(ignoreAbort);
  if (file === undefined) return;
  const response = await send("GET", url);
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
