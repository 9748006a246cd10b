package io.ddict.manager.system;

import static org.assertj.core.api.Assertions.assertThat;

import io.ddict.client.ByteSize;
import io.ddict.client.DDict;
import io.ddict.client.DDictConfig;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * What several processes saw of a few keys is what one dictionary could have shown them. The seed is
 * printed; {@code -Dddict.history.seed=…} repeats the calls, {@code -Dddict.history.calls=…} makes more.
 */
@ExtendWith(MachineExtension.class)
class HistoryIT {
    private static final long SEED = Long.getLong("ddict.history.seed", System.nanoTime());
    private static final int CALLS = Integer.getInteger("ddict.history.calls", 2_500);
    private static final int PROCESSES = 4;
    private static final int THREADS = 2;

    @ParameterizedTest
    @CsvSource({"1,2", "2,6"})
    void isLinearizableForEachKey(int managers, int keys, Machine machine) {
        System.out.println("HistoryIT: -Dddict.history.seed=" + SEED);
        DDict<Object, Object> dict = machine.create(
                DDictConfig.builder().managersPerNode(managers).totalMemory(ByteSize.mib(64)));
        List<ChildProcess> children = new ArrayList<>();
        for (int process = 0; process < PROCESSES; process++) {
            children.add(machine.start(
                    HistoryRole.class, dict.serialize(), "" + process, "" + THREADS, "" + CALLS,
                    "" + keys,
                    "" + SEED));
        }
        children.forEach(child -> child.await("ready"));
        children.forEach(child -> child.tell("go"));
        Map<Integer, List<HistoryOperation>> histories = new TreeMap<>();
        for (ChildProcess child : children) {
            for (int ends = 0; ends < THREADS;) {
                String line = child.await("", Duration.ofSeconds(50));
                if (line.equals("end")) {
                    ends++;
                } else {
                    HistoryOperation operation = HistoryOperation.of(line);
                    histories.computeIfAbsent(operation.key(), key -> new ArrayList<>())
                            .add(operation);
                }
            }
            assertThat(child.awaitEnd()).isZero();
        }
        long startNs = System.nanoTime();
        histories.forEach((key, history) -> {
            assertThat(LinearizabilityChecker.check(history)).as("key %s", key).isEmpty();
            checkVersions(history);
        });
        System.out.printf(Locale.ROOT,
                "HistoryIT: %d managers, %d keys, %d calls, %d overlapped another on their key; checked in %d ms%n",
                managers, keys, histories.values().stream().mapToInt(List::size).sum(),
                histories.values().stream().mapToInt(HistoryIT::overlapping).sum(),
                (System.nanoTime() - startNs) / 1_000_000);
    }

    /** One version for one value, one value for one version; and versions grow. */
    private static void checkVersions(List<HistoryOperation> history) {
        Map<Long, Long> valueByVersion = new HashMap<>();
        Map<Long, Long> versionByValue = new HashMap<>();
        List<HistoryOperation> reads =
                history.stream().filter(read -> read.version() != 0).toList();
        for (HistoryOperation read : reads) {
            Long value = valueByVersion.put(read.version(), read.result());
            Long version = versionByValue.put(read.result(), read.version());
            assertThat(value == null || value == read.result())
                    .as("value of the version of %s", read).isTrue();
            assertThat(version == null || version == read.version())
                    .as("version of the value of %s", read).isTrue();
        }
        List<HistoryOperation> byStart =
                reads.stream().sorted(Comparator.comparingLong(HistoryOperation::invokedNs))
                        .toList();
        List<HistoryOperation> byEnd =
                reads.stream().sorted(Comparator.comparingLong(HistoryOperation::returnedNs))
                        .toList();
        int ended = 0;
        long newest = 0;
        for (HistoryOperation read : byStart) {
            for (; byEnd.get(ended).returnedNs() < read.invokedNs(); ended++) {
                newest = Math.max(newest, byEnd.get(ended).version());
            }
            assertThat(read.version()).as("version of %s", read).isGreaterThanOrEqualTo(newest);
        }
    }

    private static int overlapping(List<HistoryOperation> history) {
        int count = 0;
        long endNs = Long.MIN_VALUE;
        List<HistoryOperation> byStart = new ArrayList<>(history);
        byStart.sort(Comparator.comparingLong(HistoryOperation::invokedNs));
        for (HistoryOperation operation : byStart) {
            count += operation.invokedNs() < endNs ? 1 : 0;
            endNs = Math.max(endNs, operation.returnedNs());
        }
        return count;
    }
}
