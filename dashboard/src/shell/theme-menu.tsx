import { Monitor, Moon, Sun } from "lucide-react";

import { IconButton } from "@/ui/button";
import { Menu, MenuContent, MenuRadioGroup, MenuRadioItem, MenuTrigger } from "@/ui/menu";

import { setTheme, useTheme, type Theme } from "./theme";

const THEMES = [
  { value: "system", label: "System", icon: Monitor },
  { value: "light", label: "Light", icon: Sun },
  { value: "dark", label: "Dark", icon: Moon },
] as const;

export function ThemeMenu() {
  const current = useTheme();
  const Icon = THEMES.find((one) => one.value === current)?.icon ?? Monitor;
  return (
    <Menu>
      <MenuTrigger asChild>
        <IconButton label={`Theme: ${current}`}>
          <Icon />
        </IconButton>
      </MenuTrigger>
      <MenuContent align="end" side="top">
        <MenuRadioGroup value={current} onValueChange={(value) => setTheme(value as Theme)}>
          {THEMES.map(({ value, label, icon: Item }) => (
            <MenuRadioItem key={value} value={value}>
              <Item />
              {label}
            </MenuRadioItem>
          ))}
        </MenuRadioGroup>
      </MenuContent>
    </Menu>
  );
}
