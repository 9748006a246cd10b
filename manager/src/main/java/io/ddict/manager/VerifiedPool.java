package io.ddict.manager;

import io.ddict.client.protocol.Fields;
import io.ddict.store.verify.PoolReport;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/**
 * One manager's memory pool, and what a walk through it found.
 *
 * @param manager its number
 * @param directory its directory, on its machine
 */
public record VerifiedPool(int manager, String directory, PoolReport report) {
    /** Writes several. */
    static void writeAll(List<VerifiedPool> pools, DataOutputStream out) throws IOException {
        out.writeInt(pools.size());
        for (VerifiedPool each : pools) {
            each.write(out);
        }
    }

    /** Reads them. */
    public static List<VerifiedPool> readAll(DataInputStream in) throws IOException {
        List<VerifiedPool> pools = new ArrayList<>();
        for (int left = in.readInt(); left > 0; left--) {
            pools.add(new VerifiedPool(in.readInt(), Fields.readText(in), report(in)));
        }
        return pools;
    }

    private void write(DataOutputStream out) throws IOException {
        out.writeInt(manager);
        Fields.writeText(out, directory);
        out.writeLong(report.entries());
        out.writeLong(report.inlineRecords());
        out.writeLong(report.inlineBytes());
        out.writeLong(report.slabBytes());
        out.writeLong(report.blocks());
        out.writeLong(report.blockBytes());
        out.writeLong(report.freeBytes());
        out.writeLong(report.hints());
        out.writeLong(report.keysWithoutHint());
        out.writeLong(report.posted());
        out.writeLong(report.violationCount());
        Fields.writeTexts(out, report.violations());
    }

    private static PoolReport report(DataInputStream in) throws IOException {
        return new PoolReport(
                in.readLong(), in.readLong(), in.readLong(), in.readLong(), in.readLong(),
                in.readLong(), in.readLong(), in.readLong(), in.readLong(), in.readLong(),
                in.readLong(), Fields.readTexts(in));
    }
}
