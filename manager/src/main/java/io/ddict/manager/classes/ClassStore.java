package io.ddict.manager.classes;

import static io.ddict.client.DDictException.Status.UNAVAILABLE;

import io.ddict.client.DDictException;
import io.ddict.client.classes.Contents;
import io.ddict.client.protocol.ClassPathEntry;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.LongSupplier;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/*
 * What is here is known by this map alone, never by what lies in the folder: a service begins with an empty
 * one, and a file gets its name once all its bytes have come and have the hash that it is named by.
 *
 * Of several that want to send the same, one does, and the others wait. Who is silent for long, because it
 * was stopped, loses its turn; who ends loses it at once.
 *
 * When there is no room, what no process that runs was started with, and nobody asked for lately, goes: the
 * one first that was asked for longest ago.
 */

/** Entries of class paths that are kept on this node, by their hash. Safe from any thread. */
public final class ClassStore implements AutoCloseable {
    /** Most bytes that are kept: 1 GiB of the node's shared memory. */
    public static final long TOTAL_LENGTH_MAX = 1L << 30;

    /** How long somebody who sends may be silent before another may. */
    static final Duration SENDER_PATIENCE = Duration.ofSeconds(10);

    /** How long an entry is kept for a process that is about to be started with it. */
    static final Duration USE_PATIENCE = Duration.ofSeconds(60);

    private static final Duration TURN_TIMEOUT = Duration.ofSeconds(5);
    private static final long WAIT_MS = 100;
    private static final long NONE = -1;
    private static final Pattern HASH = Pattern.compile("[0-9a-f]{64}");

    private final Path folder;
    private final Predicate<String> isInUse;
    private final long totalLengthMax;
    private final LongSupplier clockNs;
    private final Contents here = new Contents();
    private final Map<String, Stored> stored = new HashMap<>();
    private final Map<Long, ClassTransfer> transfers = new HashMap<>();
    private long nextNumber;
    private boolean closed;

    /** A whole entry, and when it was asked for last. */
    private record Stored(Path file, long length, long askedNs) {}

    /**
     * Keeps nothing yet.
     *
     * @param folder for files; made when the first one comes, and removed by somebody else
     * @param isInUse whether a process runs that was started with the text of a file
     */
    public ClassStore(Path folder, Predicate<String> isInUse) {
        this(folder, isInUse, TOTAL_LENGTH_MAX, System::nanoTime);
    }

    ClassStore(
            Path folder, Predicate<String> isInUse, long totalLengthMax, LongSupplier clockNs) {
        this.folder = folder;
        this.isInUse = isInUse;
        this.totalLengthMax = totalLengthMax;
        this.clockNs = clockNs;
    }

    /** What one client may ask for. */
    public ClassSession session() {
        return new ClassSession(this);
    }

    /**
     * Where an entry is on this node: here, or at the path that it has elsewhere if that holds the same.
     * Reads what is there when it is asked for first.
     *
     * @return empty if it is not
     * @throws IllegalArgumentException if it is not, and cannot be sent
     */
    String find(ClassPathEntry entry) {
        Path known = ask(entry.hash());
        if (known != null) {
            return known.toString();
        }
        if (isThere(entry)) {
            return entry.path();
        }
        if (entry.isTooLong()) {
            throw new IllegalArgumentException(
                    "class path entry is too long to be sent: path=" + entry.path()
                            + ", lengthMax=" + Contents.LENGTH_MAX + "B, filesMax="
                            + Contents.FILES_MAX
                            + "; have it at the same path on all nodes, or name a smaller one by"
                            + " --class-path");
        }
        return "";
    }

    private synchronized @Nullable Path ask(String hash) {
        Stored known = stored.computeIfPresent(
                hash,
                (same, old) -> new Stored(old.file, old.length, clockNs.getAsLong()));
        return known == null ? null : known.file;
    }

    private boolean isThere(ClassPathEntry entry) {
        Path path = Path.of(entry.path());
        try {
            if (entry.isTooLong() || !Files.exists(path)) {
                return Files.exists(path);
            }
            boolean isOther = Files.isRegularFile(path) && Files.size(path) != entry.length();
            return !isOther && here.of(path).hash().equals(entry.hash());
        } catch (IOException e) {
            return false; // then it is sent
        }
    }

    /**
     * Lets a client send an entry, once nobody else does. Waits for 5 s at most.
     *
     * @return a number for its bytes; negative if it came meanwhile, or is still being sent by another
     * @throws DDictException with status UNAVAILABLE if there is no room
     */
    synchronized long begin(Object owner, ClassPathEntry entry) throws IOException {
        if (!HASH.matcher(entry.hash()).matches() || entry.length() < 0
                || entry.length() > Contents.LENGTH_MAX) {
            throw new IllegalArgumentException("not to be sent: entry=" + entry);
        }
        long endNs = clockNs.getAsLong() + TURN_TIMEOUT.toNanos();
        try {
            while (!closed && isSentByAnother(entry.hash()) && clockNs.getAsLong() < endNs) {
                wait(WAIT_MS);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        if (stored.containsKey(entry.hash()) || isSentByAnother(entry.hash())) {
            return NONE;
        }
        checkOpen();
        makeRoom(entry);
        Files.createDirectories(folder, PosixFilePermissions.asFileAttribute(
                PosixFilePermissions.fromString("rwx------")));
        long number = nextNumber++;
        transfers.put(number, new ClassTransfer(
                owner, entry, folder.resolve("." + number), clockNs.getAsLong()));
        return number;
    }

    private void checkOpen() {
        if (closed) {
            throw new DDictException(UNAVAILABLE, "node service ends, and takes no class path");
        }
    }

    // Who sends it and has been silent for long does so no more.
    private boolean isSentByAnother(String hash) throws IOException {
        Optional<Map.Entry<Long, ClassTransfer>> found = transfers.entrySet().stream()
                .filter(each -> each.getValue().entry().hash().equals(hash))
                .findFirst();
        if (found.isEmpty()) {
            return false;
        }
        ClassTransfer sent = found.get().getValue();
        if (clockNs.getAsLong() - sent.heardNs() < SENDER_PATIENCE.toNanos()) {
            return true;
        }
        transfers.remove(found.get().getKey());
        sent.drop();
        return false;
    }

    private void makeRoom(ClassPathEntry entry) throws IOException {
        long nowNs = clockNs.getAsLong();
        List<Map.Entry<String, Stored>> oldestFirst = stored.entrySet().stream()
                .filter(each -> nowNs - each.getValue().askedNs > USE_PATIENCE.toNanos())
                .sorted(Comparator.comparingLong(each -> each.getValue().askedNs - nowNs))
                .toList();
        for (Map.Entry<String, Stored> each : oldestFirst) {
            if (length() + entry.length() <= totalLengthMax) {
                return;
            }
            Path file = each.getValue().file;
            if (!isInUse.test(file.toString())) {
                stored.remove(each.getKey());
                Files.deleteIfExists(file);
            }
        }
        if (length() + entry.length() > totalLengthMax) {
            throw new DDictException(
                    UNAVAILABLE,
                    "no room for a class path on the node: path=" + entry.path() + ", length="
                            + entry.length() + "B, used=" + length() + "B, totalLengthMax="
                            + totalLengthMax + "B; have it at the same path on all nodes");
        }
    }

    private long length() {
        return stored.values().stream().mapToLong(Stored::length).sum()
                + transfers.values().stream().mapToLong(each -> each.entry().length()).sum();
    }

    /** Takes the next bytes of an entry; passes over those of one that is sent by another by now. */
    void add(Object owner, long number, byte[] bytes) throws IOException {
        ClassTransfer transfer = transfer(owner, number);
        if (transfer == null) {
            return;
        }
        try {
            transfer.add(bytes, clockNs.getAsLong());
        } catch (IOException e) {
            throw notWritten(transfer, e);
        }
    }

    private static DDictException notWritten(ClassTransfer transfer, IOException e) {
        return new DDictException(
                UNAVAILABLE,
                "class path cannot be written on the node: path=" + transfer.entry().path()
                        + ", length=" + transfer.entry().length() + "B, cause=" + e
                        + "; have it at the same path on all nodes, or give them more shared memory",
                e);
    }

    private synchronized @Nullable ClassTransfer transfer(Object owner, long number) {
        ClassTransfer transfer = transfers.get(number);
        return transfer == null || !transfer.owner().equals(owner) ? null : transfer;
    }

    /**
     * Keeps an entry that has come whole, else drops it.
     *
     * @throws IllegalArgumentException if it is not what it was to be
     */
    void end(Object owner, long number) throws IOException {
        ClassTransfer transfer = transfer(owner, number);
        if (transfer != null) {
            end(number, transfer);
        }
    }

    private synchronized void end(long number, ClassTransfer transfer) throws IOException {
        if (!transfers.remove(number, transfer)) {
            return;
        }
        String hash = transfer.entry().hash();
        try {
            Path file = folder.resolve(hash + ".jar");
            transfer.complete(file);
            stored.put(hash, new Stored(file, transfer.entry().length(), clockNs.getAsLong()));
        } finally {
            transfer.drop();
            notifyAll();
        }
    }

    /** Drops what a client has not sent whole. */
    synchronized void abandon(Object owner) {
        transfers.values().removeIf(each -> each.owner().equals(owner) && isDropped(each));
        notifyAll();
    }

    private static boolean isDropped(ClassTransfer transfer) {
        try {
            transfer.drop();
            return true;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Takes nothing more, so that the folder can be removed. */
    @Override
    public synchronized void close() {
        closed = true;
        transfers.values().removeIf(ClassStore::isDropped);
        notifyAll();
    }
}
