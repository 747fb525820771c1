package shop;

import java.util.List;

public class Journal {
  private List<Entry> entries;
  private long balance;
  private final String title = "journal";

  public int settle(long today, Account account)
  {
    int booked = 0;
    for (Entry entry : entries)
    {
      if (entry.due() > today || entry.isBooked()) { continue; }
      if (balance + entry.amount() < account.limit())
      {
        entry.postpone(today + 1); // tomorrow
        continue;
      }
      balance += entry.amount();
      entry.book(today);
      booked++;
    }
    return booked;
  }

  String title() { return title; }
}
