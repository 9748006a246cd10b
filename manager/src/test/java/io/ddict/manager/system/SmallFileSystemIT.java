package io.ddict.manager.system;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.ddict.client.ByteSize;
import io.ddict.client.Cluster;
import io.ddict.client.DDict;
import io.ddict.client.DDictConfig;
import io.ddict.client.DDictException;
import io.ddict.client.DDictFullException;
import io.ddict.client.Durability;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Shared memory that is too small, or that others fill up. Needs the right to mount a tmpfs. */
class SmallFileSystemIT {
    private static final Duration SOON = Duration.ofSeconds(10);

    private Path mountPoint;
    private Machine machine;
    private boolean mounted;

    @BeforeEach
    void makeMountPoint() throws IOException {
        mountPoint = Files.createTempDirectory("ddict-it-");
    }

    @AfterEach
    void unmount() throws Exception {
        try {
            if (machine != null) {
                machine.close();
            }
        } finally {
            if (mounted) {
                assertThat(run("umount", "--lazy", mountPoint.toString())).isZero();
            }
            Files.deleteIfExists(mountPoint);
        }
    }

    @Test
    void refusesADictionaryThatDoesNotFit() throws Exception {
        mount(32);
        machine.startService("small");
        long usable = usable();
        assertThatThrownBy(
                () -> machine.connect("small").create(DDictConfig.builder().name("large").build()))
                .isInstanceOfSatisfying(
                        DDictException.class,
                        e -> assertThat(e.status()).isEqualTo(DDictException.Status.UNAVAILABLE))
                .hasMessageMatching(
                        "not enough shared memory: totalMemory=268435456B, usable=[0-9]+B,"
                                + " fileSystem=.*; lower totalMemory \\(default 256 MiB\\) or give DDICT_DIRECTORY"
                                + " another tmpfs");
        assertThat(machine.pools()).isEmpty();
        assertThat(usable()).isEqualTo(usable);
        assertThat(machine.connect("small").dictionaries()).isEmpty();
        try (DDict<String, String> dict = machine.connect("small").create(
                DDictConfig.builder().name("large").totalMemory(ByteSize.mib(8)).build())) {
            dict.put("key", "value");
            assertThat(dict.get("key")).isEqualTo("value");
        }
    }

    @Test
    void leavesNothingWhenOthersTakeTheMemoryWhileItIsMade() throws Exception {
        mount(64);
        ChildProcess service = machine.startService("small");
        Cluster cluster = machine.connect("small");
        SplittableRandom random = new SplittableRandom(1);
        int refused = 0;
        for (int round = 0; round < 6; round++) {
            long usable = usable();
            CountDownLatch begun = new CountDownLatch(1);
            long delayNs = random.nextLong(120_000_000);
            try (Threads threads = new Threads()) {
                threads.start(1, thread -> {
                    begun.await();
                    LockSupport.parkNanos(delayNs);
                    fill(0);
                });
                begun.countDown();
                DDictConfig config =
                        DDictConfig.builder().managersPerNode(2).totalMemory(ByteSize.mib(56))
                                .build();
                try (DDict<Integer, byte[]> dict = cluster.create(config)) {
                    assertThat(dict.isEmpty()).isTrue();
                    dict.destroy();
                } catch (DDictException e) {
                    refused++;
                    assertThat(e).hasMessageMatching(
                            "(?s).*(not enough shared memory|no room|No space|key table cannot be made).*");
                }
            }
            Await.until(SOON, () -> "no dictionary is left",
                    () -> cluster.dictionaries().isEmpty());
            empty();
            Await.until(SOON, () -> "all is free again: " + usable(), () -> usable() == usable);
        }
        System.out.println("SmallFileSystemIT: refused=" + refused + " of 6");
        assertThat(service.isAlive()).isTrue();
    }

    @Test
    void takesNoMoreThanItsMemory() throws Exception {
        mount(160);
        machine.startService("small");
        long before = usable();
        for (int managers : new int[]{1, 8}) {
            DDict<Integer, byte[]> dict = machine.connect("small").create(DDictConfig.builder()
                    .managersPerNode(managers)
                    .totalMemory(ByteSize.mib(128))
                    .build());
            awaitReserved(dict);
            // One link of at most 1.1 MiB for each manager comes on top.
            assertThat(before - usable()).isLessThanOrEqualTo((128L << 20) + managers * 1_150_000L);
            dict.destroy();
            Await.until(SOON, () -> "all is free again", () -> usable() == before);
        }
    }

    @Test
    void isFullAndDoesNotCrashWhenOthersTakeTheMemory() throws Exception {
        mount(800);
        ChildProcess service = machine.startService("small");
        DDict<Integer, byte[]> dict = machine.connect("small").create(DDictConfig.builder()
                .totalMemory(ByteSize.mib(700))
                .entriesMax(40_000)
                .build());
        // Before the service has taken all of its memory in the background.
        service.stop();
        fill(0);
        service.resume();
        assertThatThrownBy(() -> DDict.attach(dict.serialize()))
                .isInstanceOf(DDictException.class)
                .hasMessageContaining("no room for a pool file");
        int count = 0;
        long bytes = 0;
        while (!isRefused(dict, count)) {
            bytes += length(count++);
        }
        long reserved = reserved(dict);
        System.out.println("SmallFileSystemIT: values=" + count + ", reserved=" + reserved + "B");
        assertThat(reserved).isBetween(30L << 20, 650L << 20);
        assertThat(bytes).isBetween(reserved / 2, reserved);
        for (int key = 0; key < count; key++) {
            assertThat(dict.get(key)).isEqualTo(Content.of(key, length(key)));
        }
        int next = count;
        assertThatThrownBy(() -> dict.put(next, new byte[length(next)]))
                .isInstanceOf(DDictFullException.class)
                .hasMessageContaining("memory pool full: ");
        for (int key = 0; key < count; key++) {
            dict.remove(key);
        }
        dict.put(1, Content.of(1, 500_000));
        assertThat(dict.get(1)).isEqualTo(Content.of(1, 500_000));
        assertThat(service.isAlive()).isTrue();
    }

    @Test
    void staysUsableWhenTheDiskForCheckpointsIsFull() throws Exception {
        mountAlone(16);
        machine = new Machine();
        DDict<Integer, byte[]> dict = machine.create(checkpointsOn(mountPoint));
        dict.put(1, Content.of(1, 1_000_000));
        dict.persist();
        long usable = usable();
        for (int key = 2; key < 30; key++) {
            dict.put(key, Content.of(key, 1_000_000));
        }
        dict.checkpoint();
        for (int i = 0; i < 3; i++) {
            assertThatThrownBy(dict::persist)
                    .isInstanceOfSatisfying(
                            DDictException.class,
                            e -> assertThat(e.status())
                                    .isEqualTo(DDictException.Status.UNAVAILABLE))
                    .hasMessageContaining("No space left on device");
            assertThat(usable()).as("nothing half written is left").isEqualTo(usable);
        }
        assertThat(dict.persistedIds()).containsExactly(0L);
        assertThat(dict.get(29)).isEqualTo(Content.of(29, 1_000_000));
        assertThat(dict.stats().managers().getFirst().counters())
                .containsEntry("persists", 1L)
                .containsEntry("persists-failed", 3L);
        dict.restore(0);
        assertThat(dict.size()).isEqualTo(1);
        dict.persist();
    }

    @Test
    void goesOnInMemoryWhileTheDiskIsFullAndCopiesWhenItHasRoomAgain() throws Exception {
        mountAlone(256);
        machine = new Machine();
        DDictConfig.Builder config = DDictConfig.builder()
                .name("copied")
                .durability(Durability.CONTINUOUS)
                .durabilityWindow(Duration.ofMillis(200))
                .persistPath(mountPoint)
                .totalMemory(ByteSize.mib(64));
        DDict<Integer, byte[]> dict = machine.create(config);
        dict.put(1, Content.of(1, 100_000));
        fill(10 << 20);
        for (int key = 2; key < 20; key++) {
            dict.put(key, Content.of(key, 100_000));
        }
        Await.until(SOON, () -> "a copy fails: " + dict.stats(),
                () -> counter(dict, "copies-failed") > 1);
        dict.put(20, Content.of(20, 100_000));
        assertThat(dict.get(20)).isEqualTo(Content.of(20, 100_000));
        Await.until(SOON, () -> "its age shows: " + dict.stats(),
                () -> counter(dict, "copy-age-ms") > 400);
        empty();
        Await.until(SOON, () -> "it is copied again: " + dict.stats(),
                () -> counter(dict, "copy-age-ms") < 400);
        assertThat(machine.service().errorText())
                .contains("changes cannot be copied to the disk, and would be lost if the service"
                        + " ended: manager=0, cause=disk is full: usable=");
        machine.service().kill();
        machine.forgetServiceThatFailed();
        DDict<Integer, byte[]> again = machine.create(config);
        assertThat(again.size()).isEqualTo(20);
        assertThat(again.get(20)).isEqualTo(Content.of(20, 100_000));
        again.destroy();
    }

    @Test
    void refusesAContinuousDictionaryOnADiskThatIsFull() throws Exception {
        mountAlone(32);
        machine = new Machine();
        assertThatThrownBy(() -> machine.create(
                DDictConfig.builder().name("copied").durability(Durability.CONTINUOUS)
                        .persistPath(mountPoint).totalMemory(ByteSize.mib(16))))
                .isInstanceOfSatisfying(
                        DDictException.class,
                        e -> assertThat(e.status()).isEqualTo(DDictException.Status.UNAVAILABLE))
                .hasMessageStartingWith("table of records cannot be made: file=" + mountPoint);
        assertThat(machine.pools()).isEmpty();
    }

    private static long counter(DDict<?, ?> dict, String name) {
        return dict.stats().managers().getFirst().counter(name);
    }

    @Test
    void refusesADictionaryWhoseCheckpointsCannotBeWritten() throws Exception {
        machine = new Machine();
        Path file = Files.createFile(mountPoint.resolve("file"));
        machine.startService("small");
        assertThatThrownBy(
                () -> machine.connect("small").create(checkpointsOn(file).name("none").build()))
                .isInstanceOf(DDictException.class)
                .hasMessageContaining(file.toString());
        assertThat(machine.connect("small").dictionaries()).isEmpty();
        assertThat(machine.pools()).isEmpty();
        Files.delete(file);
    }

    private static DDictConfig.Builder checkpointsOn(Path path) {
        return DDictConfig.builder()
                .name("persisted")
                .totalMemory(ByteSize.mib(64))
                .persister("posix")
                .persistPath(path);
    }

    private void mount(int mebibytes) throws Exception {
        mountAlone(mebibytes);
        machine = new Machine(mountPoint);
    }

    private void mountAlone(int mebibytes) throws Exception {
        mounted = run("mount", "-t", "tmpfs", "-o", "size=" + mebibytes + "m", "tmpfs",
                mountPoint.toString()) == 0;
        assumeTrue(mounted, "this user may not mount a tmpfs");
    }

    private long usable() {
        try {
            return Files.getFileStore(mountPoint).getUsableSpace();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Somebody else's file takes all but so much. */
    private void fill(long left) throws IOException {
        try (FileChannel file = FileChannel.open(
                mountPoint.resolve("filler"), StandardOpenOption.CREATE,
                StandardOpenOption.WRITE)) {
            ByteBuffer zeros = ByteBuffer.allocateDirect(1 << 20);
            for (long over = usable() - left; over > 0; over = usable() - left) {
                zeros.clear().limit((int) Math.min(over, zeros.capacity()));
                file.write(zeros);
            }
        }
    }

    private void empty() throws IOException {
        Files.delete(mountPoint.resolve("filler"));
    }

    private static void awaitReserved(DDict<?, ?> dict) {
        dict.stats().managers().forEach(manager -> Await.until(
                SOON,
                () -> "all memory reserved: " + dict.stats(),
                () -> dict.stats().managers().get(manager.manager()).freeBytes()
                        >= manager.memoryLength() - 4096));
    }

    private static long reserved(DDict<?, ?> dict) {
        var manager = dict.stats().managers().getFirst();
        return manager.usedBytes() + manager.freeBytes();
    }

    private static boolean isRefused(DDict<Integer, byte[]> dict, int key) {
        try {
            dict.put(key, Content.of(key, length(key)));
            return false;
        } catch (DDictFullException e) {
            return true;
        }
    }

    private static int length(int key) {
        return key % 3 == 0 ? 4_000 : 80_000;
    }

    private static int run(String... command) throws Exception {
        Process process = new ProcessBuilder(List.of(command)).redirectErrorStream(true).start();
        assertThat(process.waitFor(10, TimeUnit.SECONDS)).isTrue();
        return process.exitValue();
    }
}
