package io.ddict.client.protocol;

import io.ddict.store.pool.PoolLimits;
import io.ddict.store.pool.WorkingSet;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;

/**
 * A dictionary that a node service is to make, or the part of one that it is to make for another service.
 *
 * @param name empty for a generated one
 * @param managers managers on each node
 * @param nodes nodes that it is spread over
 * @param part which of them makes this: 0 for the one that is asked by a client
 * @param memoryLength bytes of the pools of all nodes together
 * @param entriesMax most keys of all nodes together; 0 derives it from the memory
 * @param workingSet how many checkpoints are held
 * @param limits how much of its memory each pool lets be used
 * @param disk what it has on a disk
 * @param placement name of the clients' function that places keys; empty if their hash does
 * @param hash seed of the hash of keys, unless what is restored or kept says it
 * @param restartable whether its memory may outlive its service
 */
public record DictionaryOrder(
        String name,
        int managers,
        int nodes,
        int part,
        long memoryLength,
        long entriesMax,
        WorkingSet workingSet,
        PoolLimits limits,
        Disk disk,
        String placement,
        HashSeed hash,
        boolean restartable) {
    /**
     * What a dictionary has on a disk.
     *
     * @param path absolute; of what is persisted and of what is copied continuously
     * @param persister empty for none
     * @param frequency every so many checkpoints one is persisted as it retires; 0 for none
     * @param count most that are kept; 0 for all
     * @param restoreFrom checkpoint to begin with; negative for none
     * @param readOnly whether the dictionary only shows what was persisted
     * @param goesOn whether the dictionary begins with the newest checkpoint, if there is one
     * @param windowMs what a continuous copy may lack at most; 0 for no such copy
     * @param spillPath absolute; of large values moved there; empty for none
     */
    public record Disk(
            String path,
            String persister,
            int frequency,
            int count,
            long restoreFrom,
            boolean readOnly,
            boolean goesOn,
            int windowMs,
            String spillPath) {
        private void write(DataOutputStream out) throws IOException {
            Fields.writeText(out, path);
            Fields.writeText(out, persister);
            out.writeInt(frequency);
            out.writeInt(count);
            out.writeLong(restoreFrom);
            out.writeBoolean(readOnly);
            out.writeBoolean(goesOn);
            out.writeInt(windowMs);
            Fields.writeText(out, spillPath);
        }

        private static Disk read(DataInputStream in) throws IOException {
            return new Disk(
                    Fields.readText(in), Fields.readText(in), in.readInt(), in.readInt(),
                    in.readLong(), in.readBoolean(), in.readBoolean(), in.readInt(),
                    Fields.readText(in));
        }
    }

    /**
     * Seed of the hash of keys.
     *
     * @param isGiven whether it is given, or to be drawn
     */
    public record HashSeed(boolean isGiven, long value) {
        /** It is to be drawn. */
        public static final HashSeed DRAWN = new HashSeed(false, 0);
    }

    /** The same for one of its nodes, with a seed that is known by now. */
    public DictionaryOrder part(int number, long hashSeed) {
        return new DictionaryOrder(
                name, managers, nodes, number, memoryLength, entriesMax, workingSet, limits, disk,
                placement, new HashSeed(true, hashSeed), restartable);
    }

    /** The same under a name. */
    public DictionaryOrder named(String chosen) {
        return new DictionaryOrder(
                chosen, managers, nodes, part, memoryLength, entriesMax, workingSet, limits, disk,
                placement, hash, restartable);
    }

    /** Writes it. */
    public void write(DataOutputStream out) throws IOException {
        Fields.writeText(out, name);
        out.writeInt(managers);
        out.writeInt(nodes);
        out.writeInt(part);
        out.writeLong(memoryLength);
        out.writeLong(entriesMax);
        out.writeInt(workingSet.size());
        out.writeBoolean(workingSet.waitsForKeys());
        out.writeBoolean(workingSet.waitsForWriters());
        out.writeDouble(limits.fullThreshold());
        out.writeLong(limits.clientQuota());
        out.writeLong(limits.spillLength());
        disk.write(out);
        Fields.writeText(out, placement);
        out.writeBoolean(hash.isGiven());
        out.writeLong(hash.value());
        out.writeBoolean(restartable);
    }

    /** Reads it. */
    public static DictionaryOrder read(DataInputStream in) throws IOException {
        return new DictionaryOrder(
                Fields.readText(in), in.readInt(), in.readInt(), in.readInt(), in.readLong(),
                in.readLong(),
                new WorkingSet(in.readInt(), in.readBoolean(), in.readBoolean()),
                new PoolLimits(in.readDouble(), in.readLong(), in.readLong()),
                Disk.read(in), Fields.readText(in), new HashSeed(in.readBoolean(), in.readLong()),
                in.readBoolean());
    }
}
