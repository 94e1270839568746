export function KillSwitchPage() {
  return null;
}
