import js from "@eslint/js";
import reactHooks from "eslint-plugin-react-hooks";
import tseslint from "typescript-eslint";

/** Folders of src, lowest first. A folder may import from those in its list, and from itself. */
const MAY_IMPORT = {
  format: [],
  api: ["format"],
  ui: ["format"],
  charts: ["format", "ui"],
  access: ["api", "format"],
  snippets: ["ui", "format", "api", "access"],
  scope: ["format", "ui", "api"],
  shell: ["format", "ui", "api", "access", "scope", "snippets", "paths"],
  features: ["format", "ui", "api", "access", "charts", "snippets", "scope", "paths"],
  "mock-api": ["api", "format"],
};

const FOLDERS = [...Object.keys(MAY_IMPORT), "routes", "paths"];

function importRule(folder) {
  const forbidden = FOLDERS.filter((other) => other !== folder && !MAY_IMPORT[folder].includes(other));
  return {
    files: [`src/${folder}/**/*.{ts,tsx}`],
    rules: {
      "no-restricted-imports": [
        "error",
        {
          patterns: [
            {
              group: forbidden.flatMap((other) => [`@/${other}`, `@/${other}/**`]),
              message: `src/${folder} may import only ${["itself", ...MAY_IMPORT[folder]].join(", ")}.`,
            },
            ...(folder === "features"
              ? [
                  {
                    group: ["@/features/**"],
                    message: "A feature never imports a feature. Move what both need below (ui, scope, format).",
                  },
                ]
              : []),
            { group: ["../../*"], message: "Leave the folder through the @/ alias, so that the direction is visible." },
            ...(folder === "ui" || folder === "charts" || folder === "format"
              ? [{ group: ["@tanstack/react-router", "@tanstack/react-query"], message: `src/${folder} knows neither router nor API.` }]
              : []),
          ],
        },
      ],
    },
  };
}

export default tseslint.config(
  { ignores: ["node_modules", "src/api/generated.ts", "test-results", "playwright-report", "public"] },
  js.configs.recommended,
  ...tseslint.configs.strict,
  reactHooks.configs.flat.recommended,
  {
    rules: {
      "@typescript-eslint/consistent-type-imports": "error",
      "@typescript-eslint/no-non-null-assertion": "error",
      // The virtualiser and the table hand out functions the React compiler cannot memoise; we do not run it.
      "react-hooks/incompatible-library": "off",
      // A property named only to leave it out of the rest.
      "@typescript-eslint/no-unused-vars": ["error", { varsIgnorePattern: "^_", argsIgnorePattern: "^_", ignoreRestSiblings: true }],
      eqeqeq: ["error", "always", { null: "ignore" }],
      "no-console": "error",
    },
  },
  ...Object.keys(MAY_IMPORT).map(importRule),
);
