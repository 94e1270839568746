import { FileCog } from "lucide-react";

import { Badge } from "@/ui/badge";

/** Why something cannot be changed here although the reader may change the rest. */
export const OF_THE_FILE = "It belongs to the gateway’s configuration file: change it there, and it is read again by itself.";

export function FileBadge() {
  return (
    <Badge title={OF_THE_FILE}>
      <FileCog aria-hidden />
      from the file
    </Badge>
  );
}
