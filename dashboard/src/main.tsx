import "./styles.css";

import { QueryCache, QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { RouterProvider } from "@tanstack/react-router";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";

import { ApiError } from "@/api/client";
import { adoptKeyFromLocation, onApiKeyChange } from "@/api/key";
import { ME_KEY } from "@/shell/queries";
import { allowOwnStyles } from "@/shell/own-styles";
import { followSystemTheme } from "@/shell/theme";
import { TooltipProvider } from "@/ui/tooltip";

import { createDashboardRouter } from "./routes";

const MOST_RETRIES = 2;

const queryClient = new QueryClient({
  queryCache: new QueryCache({
    // A key that stopped working shows in any answer; asking who we are again leads to the sign-in page.
    onError: (error, query) => {
      if (error instanceof ApiError && error.status === 401 && query.queryKey[0] !== ME_KEY[0]) {
        void queryClient.invalidateQueries({ queryKey: ME_KEY });
      }
    },
  }),
  defaultOptions: {
    queries: {
      staleTime: 5_000,
      // The server answered and refused: asking again gives the same answer.
      retry: (count, error) => count < MOST_RETRIES && !(error instanceof ApiError && error.status >= 400),
    },
  },
});

allowOwnStyles();
adoptKeyFromLocation();
window.addEventListener("hashchange", adoptKeyFromLocation);
onApiKeyChange(() => queryClient.clear());
followSystemTheme();

const root = document.getElementById("root");
if (root === null) throw new Error("index.html has no #root");

createRoot(root).render(
  <StrictMode>
    <QueryClientProvider client={queryClient}>
      <TooltipProvider delayDuration={250}>
        <RouterProvider router={createDashboardRouter()} />
      </TooltipProvider>
    </QueryClientProvider>
  </StrictMode>,
);
