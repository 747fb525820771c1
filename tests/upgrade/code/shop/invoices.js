export function unpaidInvoices(invoices, settings) {
  const byDebtor = new Map();
  for (const invoice of invoices) {
    if (invoice.state !== "unpaid" || invoice.total < settings.least) continue;
    const found = byDebtor.get(invoice.customer) || [];
    found.push(invoice);
    byDebtor.set(invoice.customer, found);
  }
  const sorted = [...byDebtor.entries()].sort((x, y) => y[1].length - x[1].length);
  return sorted.slice(0, settings.most);
}
