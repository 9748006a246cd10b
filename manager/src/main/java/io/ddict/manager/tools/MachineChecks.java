package io.ddict.manager.tools;

import com.sun.management.UnixOperatingSystemMXBean;
import io.ddict.client.DDictConfig;
import io.ddict.client.protocol.RuntimeDirectory;
import io.ddict.store.pool.HugePages;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.FileStore;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** What DDict needs of a machine. */
final class MachineChecks {
    private static final int JDK_MIN = 25;
    // Two for each manager that a process attaches to, and a hundred or so for the JVM.
    private static final long FILES_MIN = 1024;
    private static final String RECORDINGS = "jdk.jfr";

    private MachineChecks() {}

    static List<Check> all() {
        Path sharedMemory = Path.of(RuntimeDirectory.parent());
        return List.of(jdk(), sharedMemory(sharedMemory), hugePages(sharedMemory), openFiles());
    }

    private static Check jdk() {
        String text = Runtime.version() + ", " + System.getProperty("java.home");
        if (Runtime.version().feature() < JDK_MIN) {
            return Check.failed("JDK", text, "install JDK " + JDK_MIN + " or newer");
        }
        return ModuleLayer.boot().findModule(RECORDINGS).isPresent()
                ? Check.ok("JDK", text)
                : Check.failed("JDK", text + ", without the module " + RECORDINGS,
                        "use a runtime that has it");
    }

    private static Check sharedMemory(Path folder) {
        String subject = "shared memory " + folder;
        if (!Files.isDirectory(folder) || !Files.isWritable(folder)) {
            return Check.failed(subject, "no folder that can be written",
                    "mount a tmpfs there, or let DDICT_DIRECTORY name one");
        }
        try {
            FileStore store = Files.getFileStore(folder);
            return sharedMemory(subject, store.type(), store.getTotalSpace(),
                    store.getUsableSpace());
        } catch (IOException e) {
            return Check.failed(subject, "cannot be looked at, cause=" + e,
                    "let DDICT_DIRECTORY name a tmpfs");
        }
    }

    static Check sharedMemory(String subject, String type, long total, long usable) {
        String text = type + ", " + Figures.bytes(usable) + " of " + Figures.bytes(total)
                + " are free";
        if (!type.equals("tmpfs") && !type.equals("ramfs")) {
            return Check.warning(subject, text, "everything is written to a disk: let"
                    + " DDICT_DIRECTORY name a tmpfs");
        }
        return usable < DDictConfig.TOTAL_MEMORY_DEFAULT.bytes()
                ? Check.warning(subject, text, "a dictionary takes "
                        + DDictConfig.TOTAL_MEMORY_DEFAULT + " unless told otherwise: make the file"
                        + " system larger (mount -o remount,size=), or dictionaries smaller")
                : Check.ok(subject, text);
    }

    private static Check hugePages(Path folder) {
        String subject = "huge pages";
        try {
            return HugePages.arePossible(folder)
                    ? Check.ok(subject, "possible, of 2 MiB")
                    : Check.warning(subject, "not possible", "creating and mapping dictionaries"
                            + " takes longer; Linux 6.1 or newer with transparent huge pages has"
                            + " them");
        } catch (IOException e) {
            return Check.warning(subject, "could not be tried, cause=" + e,
                    "see to the shared memory first");
        }
    }

    private static Check openFiles() {
        String subject = "open files";
        if (!(ManagementFactory
                .getOperatingSystemMXBean() instanceof UnixOperatingSystemMXBean system)) {
            return Check.warning(subject, "the limit is not known", "DDict is made for Linux");
        }
        long limit = system.getMaxFileDescriptorCount();
        String text = "at most " + Figures.count(limit) + " for a process";
        return limit < FILES_MIN
                ? Check.warning(subject, text, "a process needs two for each manager that it"
                        + " attaches to: raise the limit (ulimit -n " + FILES_MIN + ")")
                : Check.ok(subject, text);
    }
}
