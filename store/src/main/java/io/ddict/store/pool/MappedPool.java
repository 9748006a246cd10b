package io.ddict.store.pool;

import static java.nio.channels.FileChannel.MapMode.READ_ONLY;
import static java.nio.channels.FileChannel.MapMode.READ_WRITE;
import static java.nio.file.StandardCopyOption.ATOMIC_MOVE;
import static java.nio.file.StandardCopyOption.COPY_ATTRIBUTES;
import static java.nio.file.StandardCopyOption.REPLACE_EXISTING;
import static java.nio.file.StandardOpenOption.CREATE_NEW;
import static java.nio.file.StandardOpenOption.READ;
import static java.nio.file.StandardOpenOption.WRITE;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedByInterruptException;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * The files of one memory pool, mapped into this process.
 *
 * <p>The manager makes the files, reserves their pages and maps all of them writable; a client maps
 * only what it must write as writable. Files have their final length from the start and are never
 * truncated, so no access can fault. Closing unmaps them; an access afterwards throws
 * {@link IllegalStateException}.
 */
public final class MappedPool implements AutoCloseable {
    private static final ByteBuffer ZEROS = ByteBuffer.allocateDirect(1 << 16).asReadOnlyBuffer();
    private static final FileAttribute<?> OWNER_ONLY =
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------"));

    private final Path directory;
    private final Arena arena = Arena.ofShared();
    private final Function<MemorySegment, MemoryRegion> regions;
    private final boolean owner;
    private final PoolGeometry geometry;
    private final PoolStatus status;
    private final PostingRing ring;
    private final PostingMarks marks;
    private final EntryArray entries;
    private final @Nullable VersionArray versions;
    private final HintTable hints;
    private final MemoryRegion data;
    private final @Nullable Heat heat;
    private final @Nullable MemoryRegion spill;
    private final Preload preload;
    private final Map<PoolFile, MemoryRegion> mapped = new EnumMap<>(PoolFile.class);
    private final Map<Integer, MemorySegment> lenders = new ConcurrentHashMap<>();
    private boolean hugePages = true;
    private @Nullable FileChannel linkLock;

    private MappedPool(
            Path directory, boolean owner, Function<MemorySegment, MemoryRegion> regions) {
        this.directory = directory;
        this.owner = owner;
        this.regions = regions;
        try {
            status = new PoolStatus(map(PoolFile.STATUS, PoolStatus.FILE_LENGTH));
            geometry = status.geometry();
            ring = new PostingRing(map(PoolFile.RING), status, geometry.ringSlots());
            marks = new PostingMarks(map(PoolFile.MARKS), geometry.markCount());
            entries = new EntryArray(map(PoolFile.ENTRIES));
            versions = geometry.workingSet().hasVersions()
                    ? new VersionArray(map(PoolFile.VERSIONS))
                    : null;
            hints = new HintTable(
                    map(PoolFile.HINTS),
                    geometry.hintSets(),
                    geometry.entriesMax(),
                    geometry.dataLength());
            data = map(PoolFile.DATA);
            boolean spills = geometry.limits().spills();
            heat = spills ? new Heat(map(PoolFile.HEAT)) : null;
            spill = spills ? map(PoolFile.SPILL) : null;
            preload = new Preload(hints, entries, data, status);
        } catch (IOException | RuntimeException e) {
            arena.close();
            throw e instanceof RuntimeException unchecked
                    ? unchecked
                    : new PoolDamagedException(
                            "pool file cannot be mapped: directory=" + directory + ", cause=" + e);
        }
    }

    /**
     * Makes the files of a new pool and maps them as its owner. The data and entries files have
     * their length but no pages yet: {@link #reserve} takes them.
     *
     * @param directory an existing directory without a pool in it, but for {@link #createSpill}
     * @throws IOException if a file exists or the file system has no room
     */
    public static MappedPool create(Path directory, PoolGeometry geometry) throws IOException {
        return create(directory, geometry, MemoryRegion::new);
    }

    /** Makes a pool whose stores go through regions of the caller's making. */
    public static MappedPool create(
            Path directory,
            PoolGeometry geometry,
            Function<MemorySegment, MemoryRegion> regions)
            throws IOException {
        createFile(directory, PoolFile.RING, PostingRing.fileLength(geometry.ringSlots()));
        createFile(directory, PoolFile.MARKS, PostingMarks.fileLength(geometry.markCount()));
        createSparse(directory, PoolFile.HINTS, geometry);
        createSparse(directory, PoolFile.ENTRIES, geometry);
        createSparse(directory, PoolFile.DATA, geometry);
        if (geometry.workingSet().hasVersions()) {
            createSparse(directory, PoolFile.VERSIONS, geometry);
        }
        if (geometry.limits().spills()) {
            createFile(directory, PoolFile.HEAT, geometry.fileLength(PoolFile.HEAT));
        }
        createFile(directory, PoolFile.STATUS, PoolStatus.FILE_LENGTH);
        try (Arena headers = Arena.ofConfined();
                FileChannel channel = open(directory.resolve(PoolFile.STATUS.fileName()), true)) {
            MemorySegment bytes = channel.map(READ_WRITE, 0, PoolStatus.FILE_LENGTH, headers);
            MemoryRegion region = new MemoryRegion(bytes);
            new PoolStatus(region).writeGeometry(geometry);
            PoolFile.STATUS.writeHeader(region);
        }
        MappedPool pool = new MappedPool(directory, true, regions);
        try {
            pool.reserve(
                    PoolFile.HINTS, PoolGeometry.PAGE_LENGTH, geometry.fileLength(PoolFile.HINTS));
            return pool;
        } catch (IOException e) {
            pool.close();
            throw e;
        }
    }

    /**
     * Makes the file for values that are moved to a disk, and in the pool's directory a link to it; before
     * the pool itself, whose limits must say how long it is. It takes room as values are moved.
     *
     * @param directory the pool's
     * @param file on the disk, absolute; in a directory that is there
     * @throws IOException if it cannot be made; its room on the disk is not looked at
     */
    public static void createSpill(Path directory, Path file, PoolGeometry geometry)
            throws IOException {
        long length = geometry.fileLength(PoolFile.SPILL);
        Files.createSymbolicLink(directory.resolve(PoolFile.SPILL.fileName()), file);
        createSparse(file, PoolFile.SPILL, length);
    }

    /** Maps an existing pool as the one who owns it from now on; there must be no other owner. */
    public static MappedPool openAsOwner(Path directory) {
        return openAsOwner(directory, MemoryRegion::new);
    }

    /** Maps an existing pool as its owner, with regions of the caller's making. */
    public static MappedPool openAsOwner(
            Path directory, Function<MemorySegment, MemoryRegion> regions) {
        return new MappedPool(directory, true, regions);
    }

    /**
     * Shuts out whoever has mapped a pool that was destroyed or lost: its status and its ring get new
     * files of the same content, so that others see its end for ever and post where nobody looks. What
     * they hold otherwise stays theirs. There must be no owner.
     */
    public static void shutOutIfEnded(Path directory) throws IOException {
        boolean ended;
        try (MappedPool pool = openAsOwner(directory)) {
            ended = PoolStatus.isEnded(pool.status.state());
        }
        if (ended) {
            renew(directory, PoolFile.RING);
            // Last: until then the pool counts as ended, and a crash repeats both.
            renew(directory, PoolFile.STATUS);
        }
    }

    private static void renew(Path directory, PoolFile file) throws IOException {
        Path path = directory.resolve(file.fileName());
        Path copy = directory.resolve(file.fileName() + ".new");
        Files.copy(path, copy, REPLACE_EXISTING, COPY_ATTRIBUTES);
        Files.move(copy, path, ATOMIC_MOVE);
    }

    /**
     * Maps an existing pool as a client.
     *
     * @throws PoolDamagedException if a file is missing or is not what its header says
     */
    public static MappedPool openAsClient(Path directory) {
        return openAsClient(directory, MemoryRegion::new);
    }

    /** Maps an existing pool as a client, with regions of the caller's making. */
    public static MappedPool openAsClient(
            Path directory, Function<MemorySegment, MemoryRegion> regions) {
        return new MappedPool(directory, false, regions);
    }

    /** Makes the file that a client and the manager share, reserved in full, and maps it. */
    public MemoryRegion createLink(int id) throws IOException {
        return createLink(id, arena);
    }

    /** Makes a link's file and maps it until its own arena is closed. */
    public MemoryRegion createLink(int id, Arena linkArena) throws IOException {
        long length = LinkLayout.fileLength(geometry.stagingLength());
        createFile(directory, linkPath(id), PoolFile.LINK, length);
        return openLink(id, linkArena);
    }

    /** Ids of the links that have a file. */
    public List<Integer> linkIds() throws IOException {
        List<Integer> ids = new ArrayList<>();
        String prefix = PoolFile.LINK.fileName();
        try (DirectoryStream<Path> links = Files.newDirectoryStream(directory, prefix + "*")) {
            for (Path link : links) {
                ids.add(Integer.valueOf(link.getFileName().toString().substring(prefix.length())));
            }
        }
        return ids;
    }

    /** Maps the file that a client and the manager share. */
    public MemoryRegion openLink(int id) throws IOException {
        return openLink(id, arena);
    }

    /** Maps a link's file until its own arena is closed, which may be before the pool is. */
    public MemoryRegion openLink(int id, Arena linkArena) throws IOException {
        long length = geometry.fileLength(PoolFile.LINK);
        return map(PoolFile.LINK, linkPath(id), length, true, linkArena);
    }

    /**
     * Calls a consumer with the times of each link's calls, which are mapped for so long. A link that ends
     * meanwhile may be left out.
     */
    public void forEachTimes(Consumer<LatencyHistogram> consumer) throws IOException {
        for (int id : linkIds()) {
            try (FileChannel channel = FileChannel.open(linkPath(id), READ);
                    Arena brief = Arena.ofConfined()) {
                // One that is just being made is shorter.
                if (channel.size() >= LinkLayout.STAGING_OFFSET) {
                    MemorySegment times = channel.map(
                            READ_ONLY, LinkLayout.TIMES_OFFSET, LatencyHistogram.LENGTH, brief);
                    consumer.accept(new LatencyHistogram(new MemoryRegion(times), 0));
                }
            } catch (NoSuchFileException e) {
                // It has just ended.
            }
        }
    }

    /**
     * Says that this process uses a link, until the pool is closed or the process ends in whatever
     * way: the kernel keeps the lock, so that a manager without a connection to the process can tell.
     *
     * @throws IOException if another process uses it
     */
    public void useLink(int id) throws IOException {
        linkLock = FileChannel.open(linkPath(id), READ, WRITE);
        if (linkLock.tryLock() == null) {
            linkLock.close();
            throw new IOException("link is used by another process: file=" + linkPath(id));
        }
    }

    /** Whether a process uses a link; see {@link #useLink}. */
    public boolean isLinkInUse(int id) {
        try (FileChannel channel = FileChannel.open(linkPath(id), READ, WRITE)) {
            return channel.tryLock() == null;
        } catch (OverlappingFileLockException e) {
            // This very process.
            return true;
        } catch (NoSuchFileException e) {
            return false;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /**
     * Makes the file of a lane, reserved in full, and maps it until an arena is closed.
     *
     * @param length bytes for items, a power of two
     */
    public Lane createLane(int id, int length, Arena laneArena) throws IOException {
        createFile(directory, lanePath(id), PoolFile.LANE, Lane.fileLength(length));
        return openLane(id, laneArena);
    }

    /** Maps the file of a lane until an arena is closed. */
    public Lane openLane(int id, Arena laneArena) throws IOException {
        Path path = lanePath(id);
        return new Lane(map(PoolFile.LANE, path, Files.size(path), true, laneArena));
    }

    /** Removes the file of a lane; who has mapped it keeps it. */
    public void deleteLane(int id) throws IOException {
        Files.deleteIfExists(lanePath(id));
    }

    /** Removes the files of all lanes. */
    public void deleteLanes() throws IOException {
        String prefix = PoolFile.LANE.fileName();
        try (DirectoryStream<Path> lanes = Files.newDirectoryStream(directory, prefix + "*")) {
            for (Path lane : lanes) {
                Files.deleteIfExists(lane);
            }
        }
    }

    private Path lanePath(int id) {
        return directory.resolve(PoolFile.LANE.fileName() + id);
    }

    /** Path of a link's file. */
    public Path linkPath(int id) {
        return directory.resolve(PoolFile.LINK.fileName() + id);
    }

    /** The named pipe by which the manager wakes a client that waits for long. */
    public Path bellPath(int id) {
        return directory.resolve("bell-" + id);
    }

    /**
     * Takes pages for a range of a file, large ones where the system can; the range must not be in
     * use yet, and the file must have its pages up to there. Blocks for up to a millisecond per MiB.
     *
     * @throws IOException if the file system is full; what was taken stays
     */
    public void reserve(PoolFile file, long from, long to) throws IOException {
        try (FileChannel channel = open(directory.resolve(file.fileName()), true)) {
            for (long position = from; position < to;) {
                long end = Math.min(to, (position / HugePages.LENGTH + 1) * HugePages.LENGTH);
                if (!joinPages(file, channel, position, end)) {
                    writeZeros(channel, position, end);
                }
                position = end;
            }
        }
    }

    // Its first page is written, as a file system that is full must say so before memory is touched.
    private boolean joinPages(PoolFile file, FileChannel channel, long from, long to)
            throws IOException {
        if (!hugePages || to % HugePages.LENGTH != 0) {
            return false;
        }
        if (from % HugePages.LENGTH == 0) {
            writeZeros(channel, from, from + PoolGeometry.PAGE_LENGTH);
        }
        MemorySegment bytes = Objects.requireNonNull(mapped.get(file)).writableSegment();
        hugePages = HugePages.join(bytes.asSlice(to - HugePages.LENGTH, HugePages.LENGTH));
        return hugePages;
    }

    /**
     * Maps the data file once more, to read, until the arena is closed. The arena may outlive this
     * pool; its pages are shared with every other mapping of them.
     */
    public MemorySegment mapData(Arena dataArena) throws IOException {
        return mapOnceMore(directory, PoolFile.DATA, dataArena);
    }

    /** As {@link #mapData} the values on a disk; empty if none can be there. */
    public MemorySegment mapSpill(Arena spillArena) throws IOException {
        return spill == null ? MemorySegment.NULL
                : mapOnceMore(directory, PoolFile.SPILL, spillArena);
    }

    /** As {@link #mapData} that of another manager's pool, of the same dictionary and node. */
    public MemorySegment mapDataOf(int manager, Arena dataArena) throws IOException {
        Path other = directory.resolveSibling(Integer.toString(manager));
        return mapOnceMore(other, PoolFile.DATA, dataArena);
    }

    /** What {@link #mapDataOf} maps, until this pool is closed; once for all who ask. Any thread. */
    public MemorySegment dataOf(int manager) throws IOException {
        MemorySegment known = lenders.get(manager);
        if (known == null) {
            known = mapDataOf(manager, arena);
            lenders.put(manager, known);
        }
        return known;
    }

    // A thread that is interrupted can map nothing; it shall, and then be interrupted again.
    private MemorySegment mapOnceMore(Path folder, PoolFile file, Arena owningArena)
            throws IOException {
        Path path = folder.resolve(file.fileName());
        long length = geometry.fileLength(file);
        boolean interrupted = false;
        try {
            while (true) {
                interrupted |= Thread.interrupted();
                try {
                    return map(file, path, length, false, owningArena).readOnlySegment();
                } catch (ClosedByInterruptException e) {
                    // Interrupted just now.
                }
            }
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    /**
     * Lets the versions of a new pool be above another, as they go on from an earlier one; before anybody
     * posts.
     */
    public void beginAbove(long version) {
        long slots = geometry.ringSlots();
        long position = Math.ceilDiv(version, slots) * slots;
        ring.startAt(position);
        status.publishApplied(position);
    }

    /** The directory of the files. */
    public Path directory() {
        return directory;
    }

    /** Sizes of everything. */
    public PoolGeometry geometry() {
        return geometry;
    }

    /** Positions, state and counters. */
    public PoolStatus status() {
        return status;
    }

    /** Where writes are posted. */
    public PostingRing ring() {
        return ring;
    }

    /** Posting marks. */
    public PostingMarks marks() {
        return marks;
    }

    /** Entries by ordinal. */
    public EntryArray entries() {
        return entries;
    }

    /** Versions of keys by ordinal, or null if one checkpoint only is held. */
    public @Nullable VersionArray versions() {
        return versions;
    }

    /** From hash to ordinal. */
    public HintTable hints() {
        return hints;
    }

    /** Records and blocks. */
    public MemoryRegion data() {
        return data;
    }

    /** Which large values were read of late; null if none is moved to a disk. */
    public @Nullable Heat heat() {
        return heat;
    }

    /** Values that were moved to a disk, to read; null if none is. */
    public @Nullable MemoryRegion spill() {
        return spill;
    }

    /** What brings the lines that look-ups will need into the cache. */
    public Preload preload() {
        return preload;
    }

    @Override
    public void close() {
        if (arena.scope().isAlive()) {
            arena.close();
            releaseLink();
        }
    }

    private void releaseLink() {
        if (linkLock != null) {
            try {
                linkLock.close();
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }

    private MemoryRegion map(PoolFile file) throws IOException {
        return map(file, geometry.fileLength(file));
    }

    private MemoryRegion map(PoolFile file, long length) throws IOException {
        boolean writable = owner || file.clientWrites();
        MemoryRegion region =
                map(file, directory.resolve(file.fileName()), length, writable, arena);
        mapped.put(file, region);
        return region;
    }

    private MemoryRegion map(
            PoolFile file, Path path, long length, boolean writable, Arena owningArena)
            throws IOException {
        try (FileChannel channel = open(path, writable)) {
            MemorySegment bytes =
                    HugePages.map(
                            channel, writable ? READ_WRITE : READ_ONLY, length, owningArena);
            MemoryRegion region = regions.apply(bytes);
            file.checkHeader(region, path.toString(), length);
            return region;
        }
    }

    private static FileChannel open(Path path, boolean writable) throws IOException {
        return writable ? FileChannel.open(path, READ, WRITE) : FileChannel.open(path, READ);
    }

    private static void createFile(Path directory, PoolFile file, long length) throws IOException {
        createFile(directory, directory.resolve(file.fileName()), file, length);
    }

    private static void createFile(Path directory, Path path, PoolFile file, long length)
            throws IOException {
        checkRoom(directory, length);
        try (FileChannel channel = createNew(path);
                Arena headers = Arena.ofConfined()) {
            writeZeros(channel, 0, length);
            if (file != PoolFile.STATUS) {
                file.writeHeader(new MemoryRegion(channel.map(READ_WRITE, 0, length, headers)));
            }
        }
    }

    private static void createSparse(Path directory, PoolFile file, PoolGeometry geometry)
            throws IOException {
        createSparse(directory.resolve(file.fileName()), file, geometry.fileLength(file));
    }

    private static void createSparse(Path path, PoolFile file, long length) throws IOException {
        try (FileChannel channel = createNew(path);
                Arena headers = Arena.ofConfined()) {
            writeZeros(channel, 0, PoolGeometry.PAGE_LENGTH);
            channel.write(ByteBuffer.allocate(1), HugePages.fileLength(length) - 1);
            file.writeHeader(new MemoryRegion(channel.map(READ_WRITE, 0, length, headers)));
        }
    }

    private static FileChannel createNew(Path path) throws IOException {
        return FileChannel.open(path, java.util.Set.of(READ, WRITE, CREATE_NEW), OWNER_ONLY);
    }

    private static void checkRoom(Path directory, long length) throws IOException {
        long usable = Files.getFileStore(directory).getUsableSpace();
        if (usable < length) {
            throw new IOException(
                    "no room for a pool file: directory="
                            + directory
                            + ", length="
                            + length
                            + "B, usable="
                            + usable
                            + "B");
        }
    }

    private static void writeZeros(FileChannel channel, long from, long to) throws IOException {
        ByteBuffer zeros = ZEROS.duplicate();
        for (long position = from; position < to;) {
            zeros.clear().limit((int) Math.min(zeros.capacity(), to - position));
            position += channel.write(zeros, position);
        }
    }
}
