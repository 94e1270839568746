import "./styles.css";

import { MutationCache, QueryCache, QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { RouterProvider } from "@tanstack/react-router";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";

import { ME_KEY } from "@/access/me";
import { ApiError } from "@/api/client";
import { adoptFragment } from "@/api/fragment";
import { adoptKeyFromLocation, onApiKeyChange } from "@/api/key";
import { allowOwnStyles } from "@/shell/own-styles";
import { followSystemTheme } from "@/shell/theme";

import { createDashboardRouter } from "./routes";

const MOST_RETRIES = 2;

const queryClient = new QueryClient({
  // A session or key that is over shows in any answer; asking who we are again leads to the sign-in page.
  queryCache: new QueryCache({ onError: (error, query) => query.queryKey[0] !== ME_KEY[0] && askAgain(error) }),
  mutationCache: new MutationCache({ onError: (error) => askAgain(error) }),
  defaultOptions: {
    queries: {
      staleTime: 5_000,
      // The server answered and refused: asking again gives the same answer.
      retry: (count, error) => count < MOST_RETRIES && !(error instanceof ApiError && error.status >= 400),
    },
  },
});

/** Keys and tokens behind the # of a link. */
function adoptFromLocation(): void {
  adoptKeyFromLocation();
  adoptFragment();
}

function askAgain(error: Error): void {
  if (error instanceof ApiError && error.status === 401) void queryClient.invalidateQueries({ queryKey: ME_KEY });
}

allowOwnStyles();
adoptFromLocation();
window.addEventListener("hashchange", adoptFromLocation);
onApiKeyChange(() => queryClient.clear());
followSystemTheme();

const root = document.getElementById("root");
if (root === null) throw new Error("index.html has no #root");

createRoot(root).render(
  <StrictMode>
    <QueryClientProvider client={queryClient}>
      <RouterProvider router={createDashboardRouter()} />
    </QueryClientProvider>
  </StrictMode>,
);
