package io.ddict.client.protocol;

import io.ddict.client.CallTimes;
import io.ddict.client.DDictStats;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.Map;

/** The form of a manager's figures on the wire, but for its number. */
public final class ManagerFigures {
    private ManagerFigures() {}

    /** Writes them. */
    public static void write(DDictStats.Manager figures, DataOutputStream out)
            throws IOException {
        out.writeLong(figures.entries());
        out.writeLong(figures.entriesMax());
        out.writeLong(figures.memoryLength());
        out.writeLong(figures.usedBytes());
        out.writeLong(figures.freeBytes());
        out.writeLong(figures.largestFreeBytes());
        out.writeLong(figures.posted());
        out.writeLong(figures.applied());
        out.writeLong(figures.oldestCheckpoint());
        out.writeLong(figures.newestCheckpoint());
        out.writeInt(figures.workingSetSize());
        out.writeBoolean(figures.frozen());
        out.writeBoolean(figures.lost());
        out.writeLong(figures.heartbeatAgeNs());
        writeTimes(out, figures.reads());
        writeTimes(out, figures.writes());
        writeTimes(out, figures.requests());
        out.writeInt(figures.counters().size());
        for (Map.Entry<String, Long> each : figures.counters().entrySet()) {
            Fields.writeText(out, each.getKey());
            out.writeLong(each.getValue());
        }
    }

    /** Reads them. */
    public static DDictStats.Manager read(int manager, DataInputStream in) throws IOException {
        return new DDictStats.Manager(
                manager, in.readLong(), in.readLong(), in.readLong(), in.readLong(),
                in.readLong(), in.readLong(), in.readLong(), in.readLong(), in.readLong(),
                in.readLong(), in.readInt(), in.readBoolean(), in.readBoolean(), in.readLong(),
                readTimes(in), readTimes(in), readTimes(in), readCounters(in));
    }

    private static void writeTimes(DataOutputStream out, CallTimes times) throws IOException {
        out.writeLong(times.samples());
        out.writeLong(times.p50Ns());
        out.writeLong(times.p90Ns());
        out.writeLong(times.p99Ns());
        out.writeLong(times.p999Ns());
        out.writeLong(times.maxNs());
    }

    private static CallTimes readTimes(DataInputStream in) throws IOException {
        return new CallTimes(
                in.readLong(), in.readLong(), in.readLong(), in.readLong(), in.readLong(),
                in.readLong());
    }

    private static Map<String, Long> readCounters(DataInputStream in) throws IOException {
        Map<String, Long> counters = new LinkedHashMap<>();
        for (int left = in.readInt(); left > 0; left--) {
            counters.put(Fields.readText(in), in.readLong());
        }
        return counters;
    }
}
