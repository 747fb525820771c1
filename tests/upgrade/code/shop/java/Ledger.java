package shop;

import java.util.List;

/** Entries of one account. */
public class Ledger {
    private final List<Entry> entries;
    private long balance;

    /** Books what is due and returns how many entries that were. */
    public int settle(long today, Account account) {
        int booked = 0;
        for (Entry entry : entries) {
            if (entry.due() > today || entry.isBooked()) {
                continue;
            }
            // An account without cover keeps the entry for tomorrow.
            if (balance + entry.amount() < account.limit()) {
                entry.postpone(today + 1);
                continue;
            }
            balance += entry.amount();
            entry.book(today);
            booked++;
        }
        return booked;
    }
}
