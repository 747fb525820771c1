// A file to query with. Each comment says what an index of examples/ should answer.

import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

final class FileTools {

    // Type-1: StreamTools.copy in corpus/StreamTools.java, other comments and layout.
    static long copy(InputStream in, OutputStream out) throws IOException {
        byte[] buffer = new byte[8192];
        long total = 0;
        int read;
        while ((read = in.read(buffer)) != -1) {
            out.write(buffer, 0, read);
            total += read;
        }
        out.flush();
        return total;
    }

    // Type-2: StreamTools.loadRows in corpus/StreamTools.java, every name changed.
    static List<String> readLines(Path file) throws IOException {
        List<String> lines = new ArrayList<>();
        try (BufferedReader reader = Files.newBufferedReader(file)) {
            String line = reader.readLine();
            while (line != null) {
                if (!line.isBlank() && !line.startsWith("#")) {
                    lines.add(line.strip());
                }
                line = reader.readLine();
            }
        }
        return lines;
    }

    // Type-3: Workspace.removeTree in corpus/Workspace.java, which also counts and warns.
    static boolean deleteRecursively(File root) {
        if (!root.exists()) {
            return false;
        }
        File[] children = root.listFiles();
        if (children != null) {
            for (File child : children) {
                if (!deleteRecursively(child)) {
                    return false;
                }
            }
        }
        return root.delete();
    }

    // Type-4, across languages: corpus/word_count.go, corpus/wordCount.ts and corpus/word_count.rb.
    static Map<String, Integer> wordFrequencies(String text) {
        Map<String, Integer> frequencies = new HashMap<>();
        for (String word : text.toLowerCase(Locale.ROOT).split("\\W+")) {
            if (!word.isEmpty()) {
                frequencies.merge(word, 1, Integer::sum);
            }
        }
        return frequencies;
    }

    // Type-4, across languages: corpus/edit_distance.c, corpus/edit_distance.rs and corpus/EditDistance.kt.
    static int editDistance(String a, String b) {
        int[][] distance = new int[a.length() + 1][b.length() + 1];
        for (int i = 0; i <= a.length(); i++) {
            distance[i][0] = i;
        }
        for (int j = 0; j <= b.length(); j++) {
            distance[0][j] = j;
        }
        for (int i = 1; i <= a.length(); i++) {
            for (int j = 1; j <= b.length(); j++) {
                int change = a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1;
                int gap = Math.min(distance[i - 1][j], distance[i][j - 1]) + 1;
                distance[i][j] = Math.min(gap, distance[i - 1][j - 1] + change);
            }
        }
        return distance[a.length()][b.length()];
    }

    // No clone: nothing in the examples or the standard library does this.
    static String phaseOfMoon(int year, int month, int day) {
        int shifted = month < 3 ? month + 9 : month - 3;
        double age = (year * 365.25 + shifted * 30.6 + day - 694039.09) / 29.5305882;
        int phase = (int) Math.round((age - Math.floor(age)) * 8) & 7;
        String[] names = {"new", "waxing crescent", "first quarter", "waxing gibbous",
            "full", "waning gibbous", "last quarter", "waning crescent"};
        return names[phase] + " moon";
    }
}
