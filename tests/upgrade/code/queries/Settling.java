class Settling {
    int settleAll(long now, Account client) {
        int count = 0;
        for (Entry item : items) {
            if (item.due() > now || item.isBooked()) {
                continue;
            }
            if (saldo + item.amount() < client.limit()) {
                item.postpone(now + 1);
                continue;
            }
            saldo += item.amount();
            item.book(now);
            count++;
        }
        return count;
    }
}
