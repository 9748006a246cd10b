package io.ddict.bench.driver;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/*
 * Both sides come from /proc in ticks of 10 ms: all CPU time of the machine, and that of this process
 * and its descendants. Good to a tick or two, so over 100 ms it tells 0.2 CPUs from none.
 */

/** Tells how many CPUs others used between two looks: measurements beside a busy neighbour are few. */
final class CpuMeter {
    private static final double TICKS_PER_SECOND = 100;
    // In the first line of /proc/stat: user, nice, system, then idle and iowait, then irq, softirq.
    private static final int[] BUSY_FIELDS = {1, 2, 3, 6, 7};
    // Of /proc/<process>/stat after the name's closing bracket: utime and stime.
    private static final int USER_FIELD = 12;
    private static final int SYSTEM_FIELD = 13;

    private long startNs;
    private long startBusy;
    private Map<Long, Long> startOwn = Map.of();

    /** Takes the first look. */
    void start() {
        startNs = System.nanoTime();
        startBusy = busy();
        startOwn = own();
    }

    /** CPUs that others used since {@link #start}; -1 if this system does not tell. */
    double foreignCpus() {
        double seconds = (System.nanoTime() - startNs) / 1e9;
        long busy = busy() - startBusy;
        long own = 0;
        for (Map.Entry<Long, Long> process : own().entrySet()) {
            own += process.getValue() - startOwn.getOrDefault(process.getKey(), 0L);
        }
        return startBusy < 0 ? -1 : Math.max(0, (busy - own) / TICKS_PER_SECOND / seconds);
    }

    private static long busy() {
        try (Stream<String> lines = Files.lines(Path.of("/proc/stat"))) {
            String[] fields = lines.findFirst().orElse("").split(" +", -1);
            long busy = 0;
            for (int field : BUSY_FIELDS) {
                busy += Long.parseLong(fields[field]);
            }
            return busy;
        } catch (IOException | RuntimeException e) {
            return -1;
        }
    }

    private static Map<Long, Long> own() {
        ProcessHandle self = ProcessHandle.current();
        List<ProcessHandle> processes =
                Stream.concat(Stream.of(self), self.descendants()).toList();
        Map<Long, Long> ticks = new HashMap<>();
        for (ProcessHandle process : processes) {
            ticks.put(process.pid(), ticks(process.pid()));
        }
        return ticks;
    }

    private static long ticks(long process) {
        try {
            String stat = Files.readString(Path.of("/proc", Long.toString(process), "stat"));
            String[] fields = stat.substring(stat.lastIndexOf(')') + 1).split(" ", -1);
            return Long.parseLong(fields[USER_FIELD]) + Long.parseLong(fields[SYSTEM_FIELD]);
        } catch (IOException e) {
            // It ended between the two looks.
            return 0;
        }
    }
}
