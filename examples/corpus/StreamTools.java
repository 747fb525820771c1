import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

public final class StreamTools {

    /** Copies everything and says how many bytes that was. */
    static long copy(InputStream in, OutputStream out) throws IOException
    {
        byte[] buffer = new byte[8192]; // one page is too small for discs
        long total = 0;
        int read;

        while ((read = in.read(buffer)) != -1)
        {
            out.write(buffer, 0, read);
            total += read;
        }

        out.flush();
        return total;
    }

    static List<String> loadRows(Path source) throws IOException {
        List<String> rows = new ArrayList<>();
        try (BufferedReader input = Files.newBufferedReader(source)) {
            String row = input.readLine();
            while (row != null) {
                if (!row.isBlank() && !row.startsWith("//")) {
                    rows.add(row.strip());
                }
                row = input.readLine();
            }
        }
        return rows;
    }
}
