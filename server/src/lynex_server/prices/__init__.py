"""The price book as people use it: own prices, what is unpriced, pricing history again, invoices."""
