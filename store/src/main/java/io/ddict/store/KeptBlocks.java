package io.ddict.store;

import java.util.HashMap;
import java.util.Map;

/** Blocks that a recovery found in clients' hands, until it is known whose each is. One thread. */
public final class KeptBlocks {
    private final ExtentAllocator extents;
    private final Map<Integer, Integer> pagesByPage = new HashMap<>();

    KeptBlocks(ExtentAllocator extents) {
        this.extents = extents;
    }

    /** Notes a block that a client may write to, or has posted. */
    void add(int page, int pages) {
        pagesByPage.put(page, pages);
    }

    /**
     * Hands over a block; each can be had once.
     *
     * @return its pages, or {@link MemoryPool#NO_BLOCK} if none was kept there
     */
    public int take(int page) {
        Integer pages = pagesByPage.remove(page);
        return pages == null ? MemoryPool.NO_BLOCK : pages;
    }

    /** Gives back those that nobody took. */
    public void freeAll() {
        pagesByPage.forEach(extents::free);
        pagesByPage.clear();
    }
}
