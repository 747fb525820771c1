/* Licensed to nobody. */
package shop.stock;

import java.util.ArrayList;
import java.util.List;

public class Inventory {
    private static final List<String> CODES = new ArrayList<>();
    private final int limit;

    static {
        CODES.add("bolt // not a comment");
        CODES.add("nut");
    }

    public Inventory(int limit) {
        this.limit = limit;
        CODES.add("default");
    }

    /** Counts the free places. */
    @Deprecated
    public int free(List<Integer> used) {
        int total = 0;
        for (int each : used) {
            total += each; // one shelf
        }
        return limit - total;
    }

    Runnable later(List<String> names) {
        return () -> {
            for (String name : names) {
                System.out.println(name + ": " + limit);
            }
        };
    }
}
