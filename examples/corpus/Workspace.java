import java.io.File;
import java.util.logging.Logger;

/** Scratch folders of a build; looks like FileTools in places and is not a copy as a whole. */
public class Workspace {
    private static final Logger LOG = Logger.getLogger("workspace");
    private int removed;

    boolean removeTree(File root) {
        if (!root.exists()) {
            LOG.warning("nothing to remove: " + root);
            return false;
        }
        File[] children = root.listFiles();
        if (children != null) {
            for (File child : children) {
                if (!removeTree(child)) {
                    LOG.warning("cannot remove " + child);
                    return false;
                }
            }
        }
        removed++;
        return root.delete();
    }

    /** Same calls as removeTree in another order for another purpose: a look-alike, not a clone. */
    long sizeOf(File root) {
        if (root.isFile()) {
            return root.length();
        }
        long size = 0;
        File[] children = root.listFiles();
        if (children != null) {
            for (File child : children) {
                size += sizeOf(child);
            }
        }
        return size;
    }
}
