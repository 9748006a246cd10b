package io.ddict.manager.simulation;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/*
 * One client writes a key, one write after the other; all may read it. A write whose outcome is not known may
 * happen at any later time, once, or never. So a read may show what is there, and what may have come since:
 * the writes that are under way or not known, from when the read began until it ended.
 */

/** What a key may show. Of the thread that writes it, but for what says otherwise. */
final class KeyModel {
    static final Value ABSENT = new Value(null);

    private final List<Value> unknown = new ArrayList<>();
    private final Set<Read> reads = new HashSet<>();
    private Value current = ABSENT;
    private Value underWay;

    /** A value as it is written, told from others with the same bytes; null if there is none. */
    static final class Value {
        final byte[] bytes;

        Value(byte[] bytes) {
            this.bytes = bytes;
        }

        boolean isSame(byte[] other) {
            return Arrays.equals(bytes, other);
        }

        boolean isAbsent() {
            return bytes == null;
        }
    }

    /** A read that is under way, and what it may show. */
    static final class Read {
        private final List<Value> admissible = new ArrayList<>();

        boolean mayShow(byte[] bytes) {
            return admissible.stream().anyMatch(each -> each.isSame(bytes));
        }

        boolean mayBeAbsent() {
            return mayShow(null);
        }

        boolean mayBePresent() {
            return admissible.stream().anyMatch(each -> !each.isAbsent());
        }

        int count() {
            return admissible.size();
        }
    }

    /** Begins a read; of any thread. */
    Read beginRead() {
        Read read = new Read();
        read.admissible.add(current);
        read.admissible.addAll(unknown);
        if (underWay != null) {
            read.admissible.add(underWay);
        }
        reads.add(read);
        return read;
    }

    /** Ends it; of the same thread. */
    void endRead(Read read) {
        reads.remove(read);
    }

    /** What the writer has read is there: so it has happened, and does not happen again. */
    void isRead(byte[] bytes) {
        if (!current.isSame(bytes)) {
            for (Value each : unknown) {
                if (each.isSame(bytes)) {
                    unknown.remove(each);
                    current = each;
                    return;
                }
            }
        }
    }

    void beginWrite(Value value) {
        underWay = value;
        reads.forEach(read -> read.admissible.add(value));
    }

    void written() {
        current = underWay;
        underWay = null;
    }

    void refused() {
        underWay = null;
    }

    void notKnown() {
        unknown.add(underWay);
        underWay = null;
    }

    /** What is there, if all is known. */
    Value current() {
        return current;
    }

    boolean isKnown() {
        return unknown.isEmpty();
    }
}
