package io.ddict.store.verify;

import io.ddict.store.pool.MappedPool;
import io.ddict.store.pool.PoolCounter;
import io.ddict.store.pool.PoolDamagedException;
import io.ddict.store.pool.PoolFile;
import io.ddict.store.pool.PoolGeometry;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;

/*
 * What must hold in the files of a pool while nothing moves:
 *
 *   files    headers are whole, lengths are those of the geometry
 *   ring     applied <= tail <= applied + slots; every slot below the tail is filled, none beyond
 *   marks    none is beyond the tail
 *   entries  a handle names a slot or a block within the reserved data; its record is intact, of
 *            this entry, by an applied operation; no two share a byte or a key
 *   versions each key's form a chain, the newest first, each of a checkpoint of its own; where several
 *            checkpoints are held, two entries may have one key, and "key" below is the newest version
 *   hints    each refers to a key of its tag, none twice; each key is found as a reader looks for
 *            it, or all sets that a reader looks at say "ask the manager"; such keys of equal hash
 *            form one chain
 *   status   the entry count is the number of keys, nothing lies beyond the ordinal end
 *
 * The key table cannot be read from outside, and what a client was granted may be stale after a
 * crash: neither is checked. Only reserved pages are touched.
 */

/** Checks the files of a memory pool at rest against every invariant of their layouts. */
public final class PoolVerifier {
    private static final String LINK_GLOB = PoolFile.LINK.fileName() + "*";

    private final MappedPool pool;
    private final Violations violations = new Violations();

    private PoolVerifier(MappedPool pool) {
        this.pool = pool;
    }

    /**
     * Checks a pool that nobody changes meanwhile; its owner may have it mapped. Reads everything
     * once, at about a million entries per second, and writes nothing.
     *
     * @param directory the pool's directory
     * @return counts and violations; with a file that cannot be mapped, that one violation only
     * @throws IOException if the directory cannot be listed
     */
    public static PoolReport verify(Path directory) throws IOException {
        try (MappedPool pool = MappedPool.openAsClient(directory)) {
            return new PoolVerifier(pool).run();
        } catch (PoolDamagedException e) {
            Violations violations = new Violations();
            violations.add(String.valueOf(e.getMessage()));
            return new PoolReport(
                    0, 0, 0, 0, 0, 0, 0, 0, 0, 0, violations.count(), violations.texts());
        }
    }

    private PoolReport run() throws IOException {
        RingWalk ring = new RingWalk(pool, violations);
        EntryWalk entries = new EntryWalk(pool, violations);
        HintWalk hints =
                new HintWalk(pool.hints(), pool.geometry().hintSets(), entries, violations);
        checkLinks();
        ring.run();
        entries.run();
        hints.run();
        entries.checkChains(hints.unhinted());
        checkGauges();
        SpaceMap space = entries.space();
        return new PoolReport(
                entries.keyCount(),
                space.inlineRecords(),
                space.inlineBytes(),
                space.slabBytes(),
                space.blocks(),
                space.blockBytes(),
                space.freeBytes(),
                hints.hintCount(),
                hints.unhinted().cardinality(),
                ring.posted(),
                violations.count(),
                violations.texts());
    }

    private void checkLinks() throws IOException {
        try (Arena arena = Arena.ofConfined();
                DirectoryStream<Path> links =
                        Files.newDirectoryStream(pool.directory(), LINK_GLOB)) {
            for (Path link : links) {
                checkLink(link, arena);
            }
        }
    }

    private void checkLink(Path link, Arena arena) throws IOException {
        String name = link.getFileName().toString();
        try {
            pool.openLink(Integer.parseInt(name.substring(PoolFile.LINK.fileName().length())),
                    arena);
        } catch (PoolDamagedException e) {
            violations.add(String.valueOf(e.getMessage()));
        } catch (NumberFormatException e) {
            violations.add("link file has no number: file=" + link);
        }
    }

    // The gauges are of some earlier moment, but memory once reserved stays reserved.
    private void checkGauges() {
        long used = pool.status().counter(PoolCounter.USED_BYTES);
        long free = pool.status().counter(PoolCounter.FREE_BYTES);
        long reserved = pool.status().reserved(PoolFile.DATA);
        if (used < 0 || free < 0
                || used + free > Math.max(0, reserved - PoolGeometry.PAGE_LENGTH)) {
            violations.add(
                    "gauges exceed the reserved data: used="
                            + used
                            + "B, free="
                            + free
                            + "B, reserved="
                            + reserved
                            + "B");
        }
    }
}
