export function NewBudgetPage() {
  return null;
}
export function EditBudgetPage() {
  return null;
}
