/** Which of their projects a signed-in person looks at. Sent as a header; the address names it too (`?project=`). */

export const PROJECT_HEADER = "X-Lynex-Project";

const STORAGE_NAME = "lynex.project";
let current: { id: string | null; isNamedByAddress: boolean } | undefined;

export function chosenProject(): string | null {
  return known().id;
}

/** Whether somebody asked for just this project, by a link, rather than having looked at it last time. */
export function isProjectNamed(): boolean {
  return known().isNamedByAddress;
}

export function chooseProject(id: string | null, isNamedByAddress = false): void {
  current = { id, isNamedByAddress };
  try {
    if (id === null) localStorage.removeItem(STORAGE_NAME);
    else localStorage.setItem(STORAGE_NAME, id);
  } catch {
    // Storage is off: the choice lives as long as the page.
  }
}

function known(): { id: string | null; isNamedByAddress: boolean } {
  current ??= { id: stored(), isNamedByAddress: false };
  return current;
}

function stored(): string | null {
  try {
    return localStorage.getItem(STORAGE_NAME);
  } catch {
    return null;
  }
}
