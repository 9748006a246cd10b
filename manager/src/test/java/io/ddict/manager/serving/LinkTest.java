package io.ddict.manager.serving;

import static org.assertj.core.api.Assertions.assertThat;

import io.ddict.store.MemoryPool;
import io.ddict.store.PoolRecovery;
import io.ddict.store.pool.LinkLayout;
import io.ddict.store.pool.MemoryRegion;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a link's file tells the next manager about the blocks that the client holds. */
class LinkTest {
    private static final int ID = 1;

    @TempDir(factory = SharedMemory.class)
    private Path directory;

    private MemoryPool pool;
    private Link link;

    @BeforeEach
    void createLink() throws IOException {
        pool = MemoryPool.create(directory, 8 << 20, 100, 7);
        Arena arena = Arena.ofShared();
        link = linkOver(arena, pool.mapped().createLink(ID, arena));
    }

    @AfterEach
    void close() {
        link.close();
        pool.close();
    }

    @Test
    void leavesToTheClientWhatItHolds() throws IOException {
        int first = pool.grantBlock(3);
        int second = pool.grantBlock(5);
        int third = pool.grantBlock(7);
        assertThat(link.grant(first, 3)).isTrue();
        assertThat(link.offer(second, 5)).isTrue();
        assertThat(link.grant(third, 7)).isTrue();
        assertThat(link.endGrant(first)).isEqualTo(3);
        pool.freeBlock(first, 3);
        long free = pool.freeBytes();

        takeOver();

        assertThat(pool.freeBytes()).isEqualTo(free);
        link.adoptHeld(pool);
        assertThat(link.endGrant(first)).isNegative();
        assertThat(link.endGrant(second)).isEqualTo(5);
        link.freeGrants(pool);
        pool.freeBlock(second, 5);
        assertThat(pool.freeBytes()).isEqualTo(free + (5 + 7) * 4096);
    }

    @Test
    void doesNotBelieveWhatRecoveryDidNotKeep() throws IOException {
        int block = pool.grantBlock(3);
        assertThat(link.grant(block, 3)).isTrue();
        MemoryRegion region = link.region();
        region.putLong(LinkLayout.heldOffset(1), LinkLayout.grant(block + 1, 1));
        region.putLong(LinkLayout.heldOffset(2), LinkLayout.grant(1 << 30, 1));
        region.putLong(LinkLayout.heldOffset(3), LinkLayout.grant(-5, 3));
        region.putLong(LinkLayout.heldOffset(4), LinkLayout.grant(5, 1 << 20));

        takeOver();
        link.adoptHeld(pool);

        for (int slot = 1; slot <= 4; slot++) {
            assertThat(link.region().getLong(LinkLayout.heldOffset(slot))).as("slot %d", slot)
                    .isZero();
        }
        assertThat(link.endGrant(block + 1)).isNegative();
        assertThat(link.endGrant(block)).isEqualTo(3);
    }

    @Test
    void refusesABlockThatItCannotNote() {
        for (int page = 1; page <= LinkLayout.HELD; page++) {
            assertThat(link.grant(page, 1)).isTrue();
        }
        assertThat(link.grant(5000, 1)).isFalse();
        assertThat(link.offer(5000, 1)).isFalse();
        assertThat(link.endGrant(7)).isEqualTo(1);
        assertThat(link.grant(5000, 1)).isTrue();
    }

    private void takeOver() throws IOException {
        link.close();
        pool.close();
        pool = PoolRecovery.recover(directory);
        Arena arena = Arena.ofShared();
        link = linkOver(arena, pool.mapped().openLink(ID, arena));
    }

    private Link linkOver(Arena arena, MemoryRegion region) throws IOException {
        return new Link(
                ID, arena, region, Doorbell.open(pool.mapped().bellPath(ID)), answered -> {});
    }
}
