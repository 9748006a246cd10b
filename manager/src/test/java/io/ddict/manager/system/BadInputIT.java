package io.ddict.manager.system;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.ddict.client.AttachOptions;
import io.ddict.client.ByteSize;
import io.ddict.client.Cluster;
import io.ddict.client.DDict;
import io.ddict.client.DDictConfig;
import io.ddict.client.DDictException;
import io.ddict.client.DDictTimeoutException;
import io.ddict.client.DestroyedException;
import io.ddict.client.ManagerLostException;
import io.ddict.client.codec.Codecs;
import io.ddict.client.protocol.Fields;
import io.ddict.client.protocol.Frames;
import io.ddict.client.protocol.Request;
import io.ddict.client.protocol.RuntimeDirectory;
import java.io.DataInputStream;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.lang.foreign.MemorySegment;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Every mistake of a caller, and every file that is not what it should be, is told by name. */
class BadInputIT {
    @RegisterExtension
    static final SharedService SERVICE = new SharedService();

    private static final Duration SHORT = Duration.ofMillis(50);

    /** Every call that takes a key, by its name. */
    static Map<String, KeyCall> keyCalls() {
        Map<String, KeyCall> calls = new HashMap<>();
        calls.put("get", DDict::get);
        calls.put("get or default", (dict, key) -> dict.get(key, "default"));
        calls.put("getOrThrow", DDict::getOrThrow);
        calls.put("find", DDict::find);
        calls.put("get into a buffer",
                (dict, key) -> dict.get(key, MemorySegment.ofArray(new byte[9])));
        calls.put("getVersioned", DDict::getVersioned);
        calls.put("getAll", (dict, key) -> dict.getAll(Arrays.asList("other", key)));
        calls.put("view", (dict, key) -> dict.view(key, MemorySegment::byteSize));
        calls.put("containsKey", DDict::containsKey);
        calls.put("put", (dict, key) -> dict.put(key, "value"));
        calls.put("put a large value", (dict, key) -> dict.put(key, new byte[100_000]));
        calls.put("putAll", (dict, key) -> dict.putAll(mapOf(key, "value")));
        calls.put("putIfAbsent", (dict, key) -> dict.putIfAbsent(key, "value"));
        calls.put("replace", (dict, key) -> dict.replace(key, "value"));
        calls.put("replace if equal", (dict, key) -> dict.replace(key, "old", "value"));
        calls.put("compareAndSet", (dict, key) -> dict.compareAndSet(key, 0, "value"));
        calls.put("remove", DDict::remove);
        calls.put("remove if equal", (dict, key) -> dict.remove(key, "value"));
        calls.put("getAndAdd", (dict, key) -> dict.getAndAdd(key, 1));
        calls.put("awaitValue", (dict, key) -> dict.awaitValue(key, "value", SHORT));
        return calls;
    }

    /** Every call that takes a value, by its name. */
    static Map<String, KeyCall> valueCalls() {
        Map<String, KeyCall> calls = new HashMap<>();
        calls.put("put", (dict, value) -> dict.put("key", value));
        calls.put("putAll", (dict, value) -> dict.putAll(mapOf("key", value)));
        calls.put("putIfAbsent", (dict, value) -> dict.putIfAbsent("key", value));
        calls.put("replace", (dict, value) -> dict.replace("key", value));
        calls.put("replace, new", (dict, value) -> dict.replace("key", "old", value));
        calls.put("replace, expected", (dict, value) -> dict.replace("key", value, "new"));
        calls.put("compareAndSet", (dict, value) -> dict.compareAndSet("key", 0, value));
        calls.put("remove if equal", (dict, value) -> dict.remove("key", value));
        calls.put("awaitValue", (dict, value) -> dict.awaitValue("key", value, SHORT));
        return calls;
    }

    /** Every call without a key, by its name. */
    static Map<String, DictCall> otherCalls() {
        Map<String, DictCall> calls = new HashMap<>();
        calls.put("size", DDict::size);
        calls.put("isEmpty", DDict::isEmpty);
        calls.put("clear", DDict::clear);
        calls.put("stats", DDict::stats);
        calls.put("keys", dict -> dict.keys().forEach(each -> {}));
        calls.put("values", dict -> dict.values().forEach(each -> {}));
        calls.put("entries", dict -> dict.entries().forEach(each -> {}));
        calls.put("destroy", DDict::destroy);
        return calls;
    }

    /** Every call that needs its manager, by its name. */
    static Map<String, DictCall> allCalls() {
        Map<String, DictCall> calls = new HashMap<>(otherCalls());
        keyCalls().forEach((name, call) -> calls.put(name, dict -> call.on(dict, "key")));
        return calls;
    }

    @Test
    void refusesNullKeys() {
        DDict<Object, Object> dict = SERVICE.create();
        keyCalls().forEach((name, call) -> assertThatThrownBy(() -> call.on(dict, null))
                .as(name)
                .isInstanceOf(NullPointerException.class)
                .hasMessage("key is null"));
        assertThat(dict.isEmpty()).isTrue();
    }

    @Test
    void refusesNullValues() {
        DDict<Object, Object> dict = SERVICE.create();
        valueCalls().forEach((name, call) -> assertThatThrownBy(() -> call.on(dict, null))
                .as(name)
                .isInstanceOf(NullPointerException.class)
                .hasMessage("value is null"));
        assertThat(dict.isEmpty()).isTrue();
    }

    @Test
    void refusesOtherNulls() {
        DDict<Object, Object> dict = SERVICE.create();
        dict.put("key", "value");
        Map<String, ThrowingCallable> calls = new HashMap<>();
        calls.put("view", () -> dict.view("key", null));
        calls.put("buffer", () -> dict.get("key", (MemorySegment) null));
        calls.put("keys", () -> dict.getAll(null));
        calls.put("entries", () -> dict.putAll(null));
        calls.put("time", () -> dict.awaitValue("key", "value", null));
        calls.put("timeout", () -> dict.withTimeout(null));
        calls.put("handle", () -> DDict.attach(null));
        calls.put("config", () -> DDict.create(null));
        calls.forEach((name, call) -> assertThatThrownBy(call).as(name)
                .isInstanceOf(NullPointerException.class));
    }

    @Test
    void refusesKeysThatAreTooLong() {
        DDict<Object, Object> dict = SERVICE.create();
        Map<Object, Long> keys = new HashMap<>();
        keys.put(new byte[65_536], 65_536L);
        keys.put("k".repeat(65_536), 65_536L);
        keys.put(new long[8_192], 65_536L);
        keys.put(List.of("k".repeat(65_000), "l".repeat(600)), 65_606L);
        for (Map.Entry<Object, Long> key : keys.entrySet()) {
            keyCalls().forEach((name, call) -> assertThatThrownBy(() -> call.on(dict, key.getKey()))
                    .as(name)
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageMatching("key too long: keyLength=6[0-9]{4}B, keyLengthMax=65535B"));
        }
        assertThat(dict.isEmpty()).isTrue();
    }

    @Test
    void refusesKeysAndValuesOfClassesItDoesNotKnow() {
        DDict<Object, Object> dict = SERVICE.create();
        Object stranger = new Stranger("x");
        keyCalls().forEach((name, call) -> assertThatThrownBy(() -> call.on(dict, stranger))
                .as(name)
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("key class not registered: class=" + Stranger.class.getName())
                .hasMessageContaining("Codecs.builder().register(Stranger.class)"));
        valueCalls().forEach((name, call) -> assertThatThrownBy(() -> call.on(dict, stranger))
                .as(name)
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("no codec for values of this class")
                .hasMessageContaining("Codecs.builder().register(Stranger.class)"));
        assertThatThrownBy(() -> dict.put(new Object(), "value"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining(
                        "no canonical bytes for keys of this class: class=java.lang.Object");
        assertThat(dict.isEmpty()).isTrue();
    }

    @Test
    void tellsAReaderThatDoesNotKnowTheValuesClass() {
        DDict<Object, Object> dict = SERVICE.create();
        Codecs codecs = Codecs.builder().register(Stranger.class).build();
        try (DDict<Object, Object> writer =
                DDict.attach(dict.serialize(), new AttachOptions(Duration.ofSeconds(5), codecs))) {
            writer.put("key", new Stranger("x"));
            writer.put(new Stranger("k"), "value");
            assertThat(writer.get("key")).isEqualTo(new Stranger("x"));
            assertThat(writer.get(new Stranger("k"))).isEqualTo("value");
        }
        assertThatThrownBy(() -> dict.get("key"))
                .hasMessageContaining(Stranger.class.getName());
        assertThatThrownBy(() -> dict.keys().forEach(key -> assertThat(key).isNotNull()))
                .hasMessageContaining(
                        "class of encoded key not registered: class=" + Stranger.class.getName());
        assertThat(dict.size()).isEqualTo(2);
        assertThat(dict.containsKey("key")).isTrue();
    }

    @Test
    void refusesNegativeNumbers() {
        DDict<Object, Object> dict = SERVICE.create();
        assertThatThrownBy(() -> dict.compareAndSet("key", -1, "value"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("negative version: version=-1");
        assertThatThrownBy(() -> dict.withTimeout(Duration.ofMillis(-5)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("timeout is negative: timeout=PT-0.005S");
        assertThatThrownBy(() -> new AttachOptions(Duration.ofMillis(-5), Codecs.standard()))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("timeout is negative: timeout=PT-0.005S");
        assertThatThrownBy(() -> ByteSize.bytes(-1))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("negative size: bytes=-1");
        assertThatThrownBy(() -> ByteSize.gib(1L << 40)).isInstanceOf(ArithmeticException.class);
    }

    @Test
    void refusesAnUnknownRequestAndAnswersTheNext() throws IOException {
        Path path = SERVICE.machine().userDirectory().resolve(SharedService.CLUSTER)
                .resolve(RuntimeDirectory.SOCKET);
        try (Frames frames = new Frames(SocketChannel.open(UnixDomainSocketAddress.of(path)))) {
            frames.send(out -> {
                out.writeInt(1);
                out.writeByte(Byte.MAX_VALUE);
            });
            DataInputStream refused = frames.receive();
            assertThat(refused.readInt()).isEqualTo(1);
            assertThat(refused.readByte()).isEqualTo(Byte.MAX_VALUE);
            assertThat(Fields.readText(refused)).isEqualTo("unknown request: number=127");
            frames.send(out -> {
                out.writeInt(2);
                out.writeByte(Request.LIST.ordinal());
            });
            DataInputStream answer = frames.receive();
            assertThat(answer.readInt()).isEqualTo(2);
            assertThat(answer.readByte()).isZero();
        }
    }

    @Test
    void refusesAConfigurationWithAllItsViolations() {
        DDictConfig.Builder config = DDictConfig.builder()
                .name("bad/name")
                .managersPerNode(0)
                .nodes(-2)
                .entriesMax(-1)
                .timeout(Duration.ofSeconds(-1))
                .totalMemory(ByteSize.mib(3));
        assertThatThrownBy(config::build)
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageStartingWith("configuration refused: ")
                .hasMessageContaining("name=bad/name")
                .hasMessageContaining("managersPerNode=0")
                .hasMessageContaining("nodes=-2")
                .hasMessageContaining("entriesMax=-1")
                .hasMessageContaining("timeout=PT-1S")
                .hasMessageContaining(
                        "totalMemory is less than 4 MiB a manager: totalMemory=3 MiB");
        assertThatThrownBy(() -> DDictConfig.builder().managersPerNode(65).build())
                .hasMessageContaining("managers=65, each=4129776B");
    }

    @Test
    void refusesMoreEntriesThanItsMemoryHolds() {
        assertThatThrownBy(() -> SERVICE.create(
                DDictConfig.builder().totalMemory(ByteSize.mib(8)).entriesMax(1_000_000)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining(
                        "too many entries for the memory of a manager: entriesMax=1000000")
                .hasMessageContaining(
                        "memoryLength=8388608B; lower entriesMax or raise totalMemory");
        assertThatThrownBy(() -> SERVICE.create(DDictConfig.builder().entriesMax(Long.MAX_VALUE)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageStartingWith("entriesMax out of range: ");
        assertThat(SERVICE.cluster().dictionaries()).isEmpty();
        assertThat(SERVICE.machine().pools()).isEmpty();
    }

    @Test
    void refusesANameThatIsTaken() {
        SERVICE.create(DDictConfig.builder().name("taken"));
        assertThatThrownBy(() -> SERVICE.create(DDictConfig.builder().name("taken")))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("a dictionary of this name exists: name=taken");
    }

    @ParameterizedTest
    @ValueSource(strings = {
        "", "x", "ddict", "ddict:1:shared", "ddict:2:shared:name", "ddict:1:shared:name:more",
        "ddict:1:../shared:name", "ddict:1:shared:na me", " ddict:1:shared:name", "ddict:1::name",
        "ddict:1:shared:", "DDICT:1:shared:name", "ddict:1:sh/ared:name", "ddict:1:..:name",
        "ddict:1:shared:name\n"
    })
    void refusesTextThatIsNoHandle(String text) {
        assertThatThrownBy(() -> DDict.attach(text))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("not a handle's text: text=" + text
                        + "; it comes from DDict.serialize() and looks like ddict:1:<cluster>:<dictionary>");
    }

    @Test
    void tellsHandlesOfWhatIsNotThere() {
        assertThatThrownBy(() -> DDict.attach("ddict:1:shared:nothing"))
                .isInstanceOf(DestroyedException.class)
                .hasMessage("no such dictionary, or destroyed: dictionary=nothing");
        assertThatThrownBy(() -> DDict.attach("ddict:1:nobody:nothing"))
                .isInstanceOf(ManagerLostException.class)
                .hasMessageContaining(
                        "no node service runs for this cluster: cluster=nobody, socket=");
        assertThatThrownBy(() -> Cluster.connect("nobody"))
                .isInstanceOf(DDictException.class)
                .hasMessageStartingWith("no node service runs for this cluster: cluster=nobody");
    }

    @Test
    void refusesEveryCallOnAClosedHandle() {
        DDict<Object, Object> dict = SERVICE.create();
        dict.put("key", "value");
        DDict<Object, Object> closed = DDict.attach(dict.serialize());
        DDict<Object, Object> twin = closed.withTimeout(Duration.ofSeconds(1));
        assertThat(closed.get("key")).isEqualTo("value");
        closed.close();
        closed.close();
        for (DDict<Object, Object> each : List.of(closed, twin, closed.withTimeout(SHORT))) {
            allCalls().forEach((name, call) -> assertThatThrownBy(() -> call.on(each))
                    .as(name)
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessage("handle is closed: dictionary=" + dict.name()));
        }
        assertThat(dict.get("key")).isEqualTo("value");
    }

    @Test
    void knowsItsNameWhenClosed() {
        DDict<Object, Object> dict = SERVICE.create(DDictConfig.builder().name("closed"));
        DDict<Object, Object> closed = DDict.attach(dict.serialize());
        closed.close();
        assertThat(closed.name()).isEqualTo("closed");
        assertThat(closed.serialize()).isEqualTo(dict.serialize());
        assertThat(closed.async().get("key")).failsWithin(Duration.ofSeconds(5));
    }

    @Test
    void endsAnIterationWhoseHandleIsClosed() {
        DDict<Object, Object> dict = SERVICE.create();
        DDict<Object, Object> closed = DDict.attach(dict.serialize());
        for (int i = 0; i < 10; i++) {
            closed.put(i, i);
        }
        var keys = closed.keys().iterator();
        keys.next();
        closed.close();
        assertThatThrownBy(() -> keys.forEachRemaining(key -> assertThat(key).isNotNull()))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageStartingWith("handle is closed: ");
    }

    @Test
    void mayBeClosedWhileOthersUseIt() {
        DDict<Object, Object> dict = SERVICE.create();
        for (int i = 0; i < 20; i++) {
            DDict<Object, Object> closed = DDict.attach(dict.serialize());
            closed.put("key", new byte[1_000]);
            Threads.run(4, thread -> {
                if (thread == 0) {
                    closed.close();
                }
                assertThatThrownBy(() -> useForever(closed))
                        .isInstanceOf(IllegalStateException.class);
            });
        }
        assertThat(dict.get("key")).isNotNull();
        awaitOneLink(dict);
    }

    @Test
    void tellsEveryCallThatTheDictionaryWasDestroyed() {
        DDict<Object, Object> dict = SERVICE.create();
        DDict<Object, Object> other = DDict.attach(dict.serialize());
        other.put("key", "value");
        dict.destroy();
        allCalls().forEach((name, call) -> assertThatThrownBy(() -> call.on(other)).as(name)
                .isInstanceOf(DestroyedException.class));
        assertThatThrownBy(() -> dict.get("key"))
                .isInstanceOf(IllegalStateException.class)
                .hasMessage("handle is closed: dictionary=" + dict.name());
        other.close();
        assertThatThrownBy(() -> DDict.attach(other.serialize()))
                .isInstanceOf(DestroyedException.class);
    }

    @Test
    void doesNotWaitWithoutTime() {
        DDict<Object, Object> dict = SERVICE.create();
        DDict<Object, Object> hasty = dict.withTimeout(Duration.ZERO);
        assertThat(hasty.get("key")).isNull();
        SERVICE.machine().service().stop();
        try {
            hasty.put("key", "value");
            for (DictCall call : List.<DictCall>of(
                    each -> each.get("key"), each -> each.getAndAdd("counter", 1), DDict::size,
                    DDict::clear)) {
                assertThatThrownBy(() -> call.on(hasty))
                        .isInstanceOf(DDictTimeoutException.class)
                        .hasMessageContaining("timeout=0ms");
            }
            assertThat(hasty.get("other key")).isNull();
        } finally {
            SERVICE.machine().service().resume();
        }
        assertThat(dict.size()).isNotNegative();
    }

    @ParameterizedTest
    @ValueSource(strings = {"status", "ring", "marks", "entries", "hints", "data"})
    void refusesADamagedPoolFile(String file) throws IOException {
        DDict<Object, Object> dict = SERVICE.create();
        dict.put("key", "value");
        assertThat(dict.size()).isEqualTo(1);
        Path path = SERVICE.machine().pools().getFirst().resolve(file);
        for (int offset : new int[]{0, 7, 8, 16, 20}) {
            flip(path, offset);
            assertThatThrownBy(() -> DDict.attach(dict.serialize()))
                    .as("byte %s of %s", offset, file)
                    .isInstanceOfSatisfying(
                            DDictException.class,
                            e -> assertThat(e.status()).isEqualTo(DDictException.Status.DAMAGED))
                    .hasMessageContaining("memory pool cannot be mapped: dictionary=" + dict.name())
                    .hasMessageContaining("file=" + path);
            flip(path, offset);
        }
        try (DDict<Object, Object> whole = DDict.attach(dict.serialize())) {
            assertThat(whole.get("key")).isEqualTo("value");
        }
    }

    @Test
    void refusesADamagedGeometry() throws IOException {
        DDict<Object, Object> dict = SERVICE.create();
        Path path = SERVICE.machine().pools().getFirst().resolve("status");
        for (int offset = 64; offset < 64 + 8 * Long.BYTES; offset += 3) {
            flip(path, offset);
            assertThatThrownBy(() -> DDict.attach(dict.serialize()))
                    .as("byte %s", offset)
                    .isInstanceOfSatisfying(
                            DDictException.class,
                            e -> assertThat(e.status()).isEqualTo(DDictException.Status.DAMAGED))
                    .hasMessageContaining("memory pool cannot be mapped: dictionary=" + dict.name())
                    .hasMessageContaining("geometry damaged: file=status");
            flip(path, offset);
        }
        awaitOneLink(dict);
    }

    @Test
    void refusesAPoolFileThatIsMissing() throws IOException {
        DDict<Object, Object> dict = SERVICE.create();
        Path pool = SERVICE.machine().pools().getFirst();
        for (String file : List.of("ring", "hints", "data", "doorbell")) {
            Path path = pool.resolve(file);
            Path aside = pool.resolve("aside");
            java.nio.file.Files.move(path, aside);
            assertThatThrownBy(() -> DDict.attach(dict.serialize()))
                    .as(file)
                    .isInstanceOf(DDictException.class)
                    .hasMessageContaining(path.toString());
            java.nio.file.Files.move(aside, path);
        }
    }

    @Test
    void goesOnForOthersWhenAnInterruptedThreadWritesAndCloses() throws InterruptedException {
        DDict<Object, Object> dict = SERVICE.create();
        for (int i = 0; i < 5; i++) {
            DDict<Object, Object> other = DDict.attach(dict.serialize());
            int round = i;
            // It dozes twenty times before it sleeps.
            long rests = rests(dict);
            Await.until(Duration.ofSeconds(5), () -> "manager sleeps",
                    () -> rests(dict) > rests + 22);
            Thread interrupted = Thread.ofPlatform().start(() -> {
                Thread.currentThread().interrupt();
                dict.put("key", round);
                dict.put("large", new byte[50_000]);
                dict.getAndAdd("counter", 1);
                assertThatCode(other::close).doesNotThrowAnyException();
            });
            interrupted.join();
            assertThat(dict.get("key")).isEqualTo(round);
            assertThat(dict.get("counter")).isEqualTo(round + 1L);
            awaitOneLink(dict);
        }
        try (DDict<Object, Object> other = DDict.attach(dict.serialize())) {
            assertThat(other.get("key")).isEqualTo(4);
        }
    }

    private static void useForever(DDict<Object, Object> dict) {
        while (true) {
            dict.put("key", new byte[1_000]);
            assertThat(dict.get("key")).isNotNull();
            dict.getAndAdd("counter", 1);
            assertThat(dict.<Long>view("key", MemorySegment::byteSize)).isEqualTo(1_000L);
            dict.put("large", new byte[20_000]);
        }
    }

    private static void awaitOneLink(DDict<?, ?> dict) {
        Await.until(
                Duration.ofSeconds(5),
                () -> "links of others are closed: " + dict.stats(),
                () -> dict.stats().managers().getFirst().counters().get("links") == 1);
    }

    private static long rests(DDict<?, ?> dict) {
        return dict.stats().managers().getFirst().counters().get("rests");
    }

    private static void flip(Path path, long offset) throws IOException {
        try (RandomAccessFile file = new RandomAccessFile(path.toFile(), "rw")) {
            file.seek(offset);
            int value = file.read();
            file.seek(offset);
            file.write(value ^ 0xFF);
        }
    }

    private static Map<Object, Object> mapOf(Object key, Object value) {
        Map<Object, Object> map = new HashMap<>();
        map.put(key, value);
        return map;
    }

    /** A class of one's own that nobody registered. */
    record Stranger(String name) {}

    /** A call that takes a key. */
    interface KeyCall {
        void on(DDict<Object, Object> dict, Object key);
    }

    /** A call. */
    interface DictCall {
        void on(DDict<Object, Object> dict);
    }
}
