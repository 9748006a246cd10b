package io.ddict.client;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A broadcast put was stored by some managers and not by others; the status is that of the first that
 * did not.
 */
public final class BroadcastRefusedException extends DDictException {
    private static final long serialVersionUID = 1L;

    private final transient List<Integer> stored;
    private final transient Map<Integer, DDictException> refused;

    /** Makes one of the managers that stored it, and the others with their causes. */
    public BroadcastRefusedException(
            List<Integer> stored, Map<Integer, DDictException> refused) {
        super(first(refused).status(), text(stored, refused), first(refused));
        this.stored = List.copyOf(stored);
        this.refused = new LinkedHashMap<>(refused);
        noteCallOf(first(refused));
    }

    /** Managers that have the copy; null in an exception that was serialized. */
    public List<Integer> stored() {
        return stored;
    }

    /**
     * The others, with why; null in an exception that was serialized. One whose time was over, or that
     * was lost, may have it all the same; at all others nothing was changed.
     */
    public Map<Integer, DDictException> refused() {
        return Map.copyOf(refused);
    }

    private static DDictException first(Map<Integer, DDictException> refused) {
        return refused.values().iterator().next();
    }

    private static String text(List<Integer> stored, Map<Integer, DDictException> refused) {
        return "broadcast was refused by some managers: refused="
                + refused.keySet()
                + ", stored="
                + stored
                + ", the first: "
                + first(refused).getMessage();
    }
}
