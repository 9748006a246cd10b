package io.ddict.manager.classes;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.ddict.client.DDictException;
import io.ddict.client.classes.Contents;
import io.ddict.client.protocol.ClassPathEntry;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.MessageDigest;
import java.util.List;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(30)
class ClassStoreTest {
    private static final String NOWHERE = "/nowhere/app.jar";
    private static final int THREADS = 8;

    @TempDir
    private Path anywhere;

    private final AtomicLong nowNs = new AtomicLong();
    private String used = "";

    private ClassStore store(long totalLengthMax) {
        return new ClassStore(folder(), text -> text.equals(used), totalLengthMax,
                System::nanoTime);
    }

    private Path folder() {
        return anywhere.resolve("classes");
    }

    private static ClassPathEntry entry(byte[] bytes) {
        return new ClassPathEntry(NOWHERE, Contents.text(hashed(bytes)), bytes.length);
    }

    private static MessageDigest hashed(byte[] bytes) {
        MessageDigest digest = Contents.digest();
        digest.update(bytes);
        return digest;
    }

    private static byte[] bytes(int length, int seed) {
        byte[] bytes = new byte[length];
        new Random(seed).nextBytes(bytes);
        return bytes;
    }

    private List<String> files() throws IOException {
        if (!Files.exists(folder())) {
            return List.of();
        }
        try (Stream<Path> files = Files.list(folder())) {
            return files.map(each -> each.getFileName().toString()).sorted().toList();
        }
    }

    private static void send(ClassStore store, byte[] bytes) throws IOException {
        long number = store.begin("owner", entry(bytes));
        store.add("owner", number, bytes);
        store.end("owner", number);
    }

    @Test
    void keepsWhatIsSentForThisUserAlone() throws IOException {
        byte[] bytes = bytes(1000, 1);
        ClassPathEntry entry = entry(bytes);
        ClassStore store = store(1 << 20);
        assertThat(store.find(entry)).isEmpty();
        assertThat(files()).isEmpty();

        send(store, bytes);

        Path file = Path.of(store.find(entry));
        assertThat(file).isEqualTo(folder().resolve(entry.hash() + ".jar")).hasBinaryContent(bytes);
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
                .isEqualTo("rw-------");
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(folder())))
                .isEqualTo("rwx------");
    }

    @Test
    void letsOneOfManySendAndTheOthersWait() throws Exception {
        byte[] bytes = bytes(100_000, 2);
        ClassPathEntry entry = entry(bytes);
        ClassStore store = store(1 << 20);
        AtomicInteger sent = new AtomicInteger();
        Callable<String> sender = () -> {
            Object owner = new Object();
            while (store.find(entry).isEmpty()) {
                long number = store.begin(owner, entry);
                if (number >= 0) {
                    sent.incrementAndGet();
                    for (byte each : bytes) {
                        store.add(owner, number, new byte[]{each});
                    }
                    store.end(owner, number);
                }
            }
            return store.find(entry);
        };

        try (ExecutorService threads = Executors.newFixedThreadPool(THREADS)) {
            List<Future<String>> all =
                    threads.invokeAll(IntStream.range(0, THREADS).mapToObj(i -> sender).toList());
            for (Future<String> each : all) {
                assertThat(Path.of(each.get(20, TimeUnit.SECONDS))).hasBinaryContent(bytes);
            }
        }
        assertThat(sent).hasValue(1);
        assertThat(files()).hasSize(1);
    }

    @Test
    void refusesOtherBytesThanThoseOfTheHash() throws IOException {
        byte[] bytes = bytes(1000, 3);
        ClassPathEntry entry = entry(bytes);
        ClassStore store = store(1 << 20);
        long number = store.begin("owner", entry);
        store.add("owner", number, bytes(1000, 4));

        assertThatThrownBy(() -> store.end("owner", number))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageStartingWith("class path changed while it was sent: path=" + NOWHERE);

        assertThat(store.find(entry)).isEmpty();
        assertThat(files()).isEmpty();
        send(store, bytes);
        assertThat(store.find(entry)).isNotEmpty();
    }

    @Test
    void refusesFewerBytesAndMore() throws IOException {
        byte[] bytes = bytes(1000, 5);
        ClassStore store = store(1 << 20);
        long shorter = store.begin("owner", entry(bytes));
        store.add("owner", shorter, bytes(999, 5));
        assertThatThrownBy(() -> store.end("owner", shorter))
                .hasMessageContaining("length=1000B, sent=999B");

        long longer = store.begin("owner", entry(bytes));
        store.add("owner", longer, bytes);
        assertThatThrownBy(() -> store.add("owner", longer, new byte[1]))
                .hasMessageContaining("length=1000B, sent=1001B");
        assertThatThrownBy(() -> store.end("owner", longer))
                .isInstanceOf(IllegalArgumentException.class);

        assertThat(files()).isEmpty();
    }

    @Test
    void dropsWhatSomebodySentWhoEndsInItsMiddleAndLetsTheNextOneSend() throws Exception {
        byte[] bytes = bytes(1000, 6);
        ClassPathEntry entry = entry(bytes);
        ClassStore store = store(1 << 20);
        long number = store.begin("killed", entry);
        store.add("killed", number, bytes(500, 6));
        assertThat(files()).hasSize(1).doesNotContain(entry.hash() + ".jar");

        try (ExecutorService thread = Executors.newSingleThreadExecutor()) {
            Future<Long> waiting = thread.submit(() -> store.begin("next", entry));
            store.abandon("killed");
            long next = waiting.get(20, TimeUnit.SECONDS);
            assertThat(next).isNotNegative();
            // What comes late of the first one is nothing to the second.
            store.add("killed", number, bytes);
            store.end("killed", number);
            store.add("next", next, bytes);
            store.end("next", next);
        }

        assertThat(Path.of(store.find(entry))).hasBinaryContent(bytes);
        assertThat(files()).containsExactly(entry.hash() + ".jar");
    }

    @Test
    void usesWhatIsAtTheSamePathIfItHoldsTheSame() throws IOException {
        byte[] bytes = bytes(1000, 7);
        Path there = Files.write(anywhere.resolve("app.jar"), bytes);
        ClassPathEntry entry =
                new ClassPathEntry(there.toString(), entry(bytes).hash(), bytes.length);
        ClassStore store = store(1 << 20);

        assertThat(store.find(entry)).isEqualTo(there.toString());

        Files.write(there, bytes(1000, 8));
        Files.setLastModifiedTime(there, FileTime.fromMillis(0));
        assertThat(store.find(entry)).isEmpty();
    }

    @Test
    void refusesWhatIsTooLongUnlessItIsThere() throws IOException {
        ClassStore store = store(1 << 20);

        assertThatThrownBy(() -> store.find(new ClassPathEntry(NOWHERE, "", 0)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageStartingWith("class path entry is too long to be sent: path=" + NOWHERE);
        assertThat(store.find(new ClassPathEntry(anywhere.toString(), "", 0)))
                .isEqualTo(anywhere.toString());
    }

    @Test
    void refusesMoreThanThereIsRoomForAndKeepsWhatWasAskedForLately() throws IOException {
        ClassStore store = store(2500);
        send(store, bytes(1000, 9));
        send(store, bytes(1000, 10));

        assertThatThrownBy(() -> store.begin("owner", entry(bytes(1000, 11))))
                .isInstanceOf(DDictException.class)
                .hasMessageStartingWith("no room for a class path on the node: path=")
                .hasMessageContaining("length=1000B, used=2000B, totalLengthMax=2500B");

        assertThat(files()).hasSize(2);
    }

    @Test
    void makesRoomOfWhatNobodyUsesAndHasAskedForLatelyTheOldestFirst() throws IOException {
        ClassStore store = new ClassStore(folder(), text -> text.equals(used), 4000, nowNs::get);
        for (int seed = 0; seed < 4; seed++) {
            send(store, bytes(1000, seed));
            nowNs.addAndGet(1);
        }
        used = store.find(entry(bytes(1000, 0)));
        nowNs.addAndGet(ClassStore.USE_PATIENCE.toNanos() + 1);
        assertThat(store.find(entry(bytes(1000, 1)))).isNotEmpty();

        send(store, bytes(1500, 9));

        assertThat(files()).containsExactlyInAnyOrderElementsOf(
                Stream.of(bytes(1000, 0), bytes(1000, 1), bytes(1500, 9))
                        .map(each -> entry(each).hash() + ".jar")
                        .toList());
        assertThat(store.find(entry(bytes(1000, 2)))).isEmpty();
    }

    @Test
    void letsAnotherSendWhenWhoSendsIsSilent() throws IOException {
        byte[] bytes = bytes(1000, 13);
        ClassStore store = new ClassStore(folder(), text -> false, 1 << 20, nowNs::get);
        long stopped = store.begin("stopped", entry(bytes));
        store.add("stopped", stopped, bytes(500, 13));
        nowNs.addAndGet(ClassStore.SENDER_PATIENCE.toNanos());

        long number = store.begin("other", entry(bytes));

        assertThat(number).isNotNegative();
        assertThat(files()).hasSize(1);
        store.add("other", number, bytes);
        store.end("other", number);
        store.add("stopped", stopped, bytes(500, 13));
        store.end("stopped", stopped);
        assertThat(Path.of(store.find(entry(bytes)))).hasBinaryContent(bytes);
    }

    @Test
    void takesNoNamesOfFilesForHashes() {
        ClassStore store = store(1 << 20);

        assertThatThrownBy(() -> store.begin(
                "owner", new ClassPathEntry(NOWHERE, "../../../" + "a".repeat(55), 1)))
                .isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void leavesNothingUnfinishedWhenItIsClosedAndTakesNothingMore() throws IOException {
        byte[] bytes = bytes(1000, 12);
        ClassStore store = store(1 << 20);
        long number = store.begin("owner", entry(bytes));

        store.close();

        store.add("owner", number, bytes);
        store.end("owner", number);
        assertThat(files()).isEmpty();
        assertThatThrownBy(() -> store.begin("owner", entry(bytes)))
                .hasMessageStartingWith("node service ends, and takes no class path");
    }
}
