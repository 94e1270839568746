import { mergeConfig } from "vite";

import { mockApi } from "./src/mock-api/plugin.ts";
import base from "./vite.config.ts";

/** The same application with an API that needs no server: the demo and the browser tests. */
export default { ...mergeConfig(base, { plugins: [mockApi()] }), server: { proxy: {} } };
