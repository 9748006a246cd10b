package io.ddict.manager.system;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.ddict.client.AttachOptions;
import io.ddict.client.Batch;
import io.ddict.client.ByteSize;
import io.ddict.client.DDict;
import io.ddict.client.DDictConfig;
import io.ddict.client.DDictException;
import io.ddict.client.DDictFullException;
import io.ddict.client.DDictTimeoutException;
import io.ddict.client.FrozenException;
import io.ddict.client.events.SlowCallEvent;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.stream.Stream;
import jdk.jfr.FlightRecorder;
import jdk.jfr.Recording;
import jdk.jfr.consumer.RecordedEvent;
import jdk.jfr.consumer.RecordingFile;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/** What recordings and counters tell of calls that were slow or refused. */
class EventsIT {
    @RegisterExtension
    static final SharedService SERVICE = new SharedService();

    private static final Duration SOON = Duration.ofSeconds(10);
    private static final Duration BRIEFLY = Duration.ofMillis(60);
    private static final String SLOW_CALL = "io.ddict.SlowCall";
    private static final String REFUSED_CALL = "io.ddict.RefusedCall";

    @TempDir
    private Path folder;

    @Test
    void tellsOfEachKindOfRefusal() throws IOException {
        DDict<String, Object> dict =
                SERVICE.create(DDictConfig.builder().totalMemory(ByteSize.mib(16))
                        .workingSetSize(2));
        DDict<String, Object> late =
                SERVICE.cluster().attach(dict.name(), AttachOptions.DEFAULTS);
        List<RecordedEvent> events = recorded(() -> {
            dict.checkpointId(5);
            dict.put("key", 1L);
            assertThatThrownBy(() -> late.get("key")).isInstanceOf(DDictException.class);
            assertThatThrownBy(() -> dict.put("key", new byte[20 << 20]))
                    .isInstanceOf(DDictFullException.class);
            assertThatThrownBy(() -> dict.awaitValue("key", 2L, BRIEFLY))
                    .isInstanceOf(DDictTimeoutException.class);
            dict.freeze();
            assertThatThrownBy(() -> dict.put("key", 3L)).isInstanceOf(FrozenException.class);
            dict.unfreeze();
        });

        assertThat(ofName(events, REFUSED_CALL))
                .extracting(event -> event.getString("status"))
                .containsExactly("RETIRED", "FULL", "TIMEOUT", "FROZEN");
        assertThat(ofName(events, REFUSED_CALL)).allSatisfy(event -> {
            assertThat(event.getString("pool")).contains(dict.name());
            assertThat(event.getInt("manager")).isZero();
            assertThat(event.getString("message")).isNotBlank();
            assertThat(event.getStackTrace().getFrames())
                    .anyMatch(frame -> frame.getMethod().getType().getName()
                            .equals(EventsIT.class.getName()));
        });
        late.close();
    }

    @Test
    void tellsHowLongACallWaitedAndForWhat() throws IOException {
        DDict<String, Long> dict = SERVICE.create();
        List<RecordedEvent> events = recorded(() -> {
            long before = posted(dict);
            Thread writer = Thread.startVirtualThread(() -> {
                Await.until(SOON, () -> "request", () -> posted(dict) > before);
                Await.pass(Duration.ofMillis(100));
                dict.put("key", 1L);
            });
            dict.awaitValue("key", 1L, SOON);
            assertThat(joins(writer)).isTrue();
            // Waits for nobody, and is no event.
            dict.put("key", 2L);
            assertThat(dict.get("key")).isEqualTo(2L);
        });

        // A manager that did not run may have kept the get waiting, too.
        List<RecordedEvent> slow = ofName(events, SLOW_CALL).stream()
                .filter(event -> event.getString("waitedFor")
                        .equals("the manager did not answer in time"))
                .toList();
        assertThat(slow).singleElement().satisfies(event -> {
            assertThat(event.getString("pool")).contains(dict.name());
            assertThat(event.getInt("manager")).isZero();
            assertThat(event.getDuration()).isBetween(Duration.ofMillis(20), SOON);
        });
    }

    private static long posted(DDict<?, ?> dict) {
        return dict.stats().managers().getFirst().posted();
    }

    @Test
    void tellsOfAWaitThatEndsWithTheCallsTime() throws IOException {
        DDict<String, Long> dict = SERVICE.create();
        List<RecordedEvent> events =
                recorded(() -> assertThatThrownBy(() -> dict.awaitValue("key", 1L, BRIEFLY))
                        .isInstanceOf(DDictTimeoutException.class));

        assertThat(ofName(events, SLOW_CALL)).singleElement()
                .satisfies(event -> assertThat(event.getDuration())
                        .isGreaterThan(Duration.ofMillis(20)));
    }

    @Test
    void countsRefusalsOfEveryHandleOnce() {
        DDict<String, Object> dict = SERVICE.create();
        DDict<String, Object> other =
                SERVICE.cluster().attach(dict.name(), AttachOptions.DEFAULTS);
        dict.freeze();
        for (int i = 0; i < 3; i++) {
            assertThatThrownBy(() -> dict.put("key", 1L)).isInstanceOf(FrozenException.class);
        }
        assertThatThrownBy(() -> other.remove("key")).isInstanceOf(FrozenException.class);
        // Its count comes with the end of its link.
        other.close();

        awaitCounter(dict, "calls-refused", 4);
        dict.unfreeze();
        try (Batch<String, Object> batch = dict.batch()) {
            batch.put("large", new byte[20 << 20]);
            assertThat(batch.end().refused()).hasSize(1);
        } catch (DDictException e) {
            // It has told before.
        }
        awaitCounter(dict, "calls-refused", 5);
    }

    @Test
    void countsPinsWhileTheyAreHeld() {
        DDict<String, Long> dict = SERVICE.create();
        dict.put("key", 1L);
        CountDownLatch looked = new CountDownLatch(1);
        Thread reader = Thread.ofPlatform().start(() -> dict.view("key", value -> {
            try {
                looked.await();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
            return value.byteSize();
        }));

        awaitCounter(dict, "pins", 1);
        looked.countDown();
        awaitCounter(dict, "pins", 0);
        assertThat(joins(reader)).isTrue();
    }

    @Test
    void tellsInTheNodeServiceThatAPoolIsFull() throws Exception {
        DDict<Integer, byte[]> dict = SERVICE.create();
        String pid = Long.toString(SERVICE.cluster().processId());
        Path file = folder.resolve("service.jfr");
        jcmd(pid, "JFR.start", "name=ddict");
        try {
            assertThatThrownBy(() -> {
                for (int key = 0; key < 1_000_000; key++) {
                    dict.put(key, new byte[1000]);
                }
            }).isInstanceOf(DDictFullException.class);
        } finally {
            jcmd(pid, "JFR.stop", "name=ddict", "filename=" + file);
        }

        List<RecordedEvent> full =
                ofName(RecordingFile.readAllEvents(file), "io.ddict.PoolFull");
        assertThat(full).isNotEmpty().first().satisfies(event -> {
            assertThat(event.getString("pool")).contains(dict.name());
            assertThat(event.getBoolean("fullOfEntries")).isFalse();
            assertThat(event.getLong("entries")).isPositive();
            assertThat(event.getLong("freeBytes"))
                    .isGreaterThanOrEqualTo(event.getLong("largestFreeBytes"));
        });
    }

    private List<RecordedEvent> recorded(Runnable calls) throws IOException {
        Path file = folder.resolve("client.jfr");
        try (Recording recording = new Recording()) {
            recording.enable(SLOW_CALL).withThreshold(Duration.ofMillis(10));
            recording.enable(REFUSED_CALL).withStackTrace();
            recording.start();
            // The first event of a process takes its time, which would be missing from its duration.
            FlightRecorder.register(SlowCallEvent.class);
            calls.run();
            recording.stop();
            recording.dump(file);
        }
        return RecordingFile.readAllEvents(file);
    }

    private static List<RecordedEvent> ofName(List<RecordedEvent> events, String name) {
        return events.stream()
                .filter(event -> event.getEventType().getName().equals(name))
                .toList();
    }

    private static void awaitCounter(DDict<?, ?> dict, String counter, long value) {
        Await.until(SOON, () -> dict.stats().toString(),
                () -> dict.stats().managers().getFirst().counter(counter) == value);
    }

    private static boolean joins(Thread thread) {
        try {
            return thread.join(SOON);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
    }

    private static void jcmd(String... arguments) throws Exception {
        String program = Path.of(System.getProperty("java.home"), "bin", "jcmd").toString();
        Process process = new ProcessBuilder(
                Stream.concat(Stream.of(program), Stream.of(arguments)).toList())
                .redirectErrorStream(true)
                .start();
        String output =
                new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor()).as(output).isZero();
    }
}
