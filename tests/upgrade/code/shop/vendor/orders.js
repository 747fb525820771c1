export function openOrders(orders, options) {
  const byCustomer = new Map();
  for (const order of orders) {
    if (order.state !== "open" || order.total < options.least) continue;
    const known = byCustomer.get(order.customer) || [];
    known.push(order);
    byCustomer.set(order.customer, known);
  }
  const ranked = [...byCustomer.entries()].sort((a, b) => b[1].length - a[1].length);
  return ranked.slice(0, options.most);
}
