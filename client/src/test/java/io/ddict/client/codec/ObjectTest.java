package io.ddict.client.codec;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.ddict.client.codec.Samples.Car;
import io.ddict.client.codec.Samples.Colour;
import io.ddict.client.codec.Samples.Node;
import io.ddict.client.codec.Samples.Point;
import io.ddict.client.codec.Samples.Stranger;
import java.io.Serializable;
import java.lang.reflect.Proxy;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.DayOfWeek;
import java.time.ZoneId;
import java.time.ZonedDateTime;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.Collection;
import java.util.Collections;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.FutureTask;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class ObjectTest {
    record Holder(@Nullable Object content) {}

    record Fields(@Nullable Stranger stranger, List<Stranger> strangers) {}

    record Empty() {}

    static final class OwnList extends ArrayList<String> {}

    private static final Codecs CODECS = Codecs.builder()
            .register(Colour.class, Point.class, Car.class, Node.class, Samples.Parcel.class,
                    Samples.Cell.class)
            .register(Holder.class, Fields.class, Empty.class, OwnList.class, DayOfWeek.class,
                    ArrayList.class)
            .build();

    @Test
    void bringsBackStandardCollections() {
        List<Object> collections = List.of(
                List.of(1, "a", 2.5), List.of(), Set.of(1, 2), Map.of("a", 1), Map.of(),
                new ArrayList<>(List.of(1, 2)), Arrays.asList("a", null),
                new HashMap<>(Map.of(1, List.of(2))),
                new HashSet<>(Set.of(1)), new LinkedHashMap<>(Map.of("a", 1)),
                new TreeMap<>(Map.of("b", 2L)),
                new TreeSet<>(Set.of(3, 1)),
                new TreeMap<Integer, String>(Comparator.reverseOrder()),
                new EnumMap<>(Map.of(Colour.GREEN, 1)), EnumSet.of(Colour.RED, Colour.GREEN),
                new ConcurrentHashMap<>(Map.of(1, 2)), new CopyOnWriteArrayList<>(List.of(1)),
                Collections.unmodifiableList(new ArrayList<>(List.of(1))), Collections.emptyMap(),
                BitSet.valueOf(new long[]{5}), Optional.of("x"), Optional.empty(),
                ZonedDateTime.of(2026, 1, 2, 3, 4, 5, 6, ZoneId.of("Europe/Paris")));
        for (Object collection : collections) {
            assertThat(Samples.travelled(CODECS, collection)).as("%s", collection.getClass())
                    .isEqualTo(collection);
        }
        assertThat((Collection<?>) Samples.travelled(CODECS, new ArrayDeque<>(List.of(1, 2))))
                .hasToString("[1, 2]");
    }

    @Test
    void bringsBackEnumsByName() {
        assertThat(Samples.travelled(CODECS, Colour.GREEN)).isSameAs(Colour.GREEN);
        assertThat(Samples.travelled(CODECS, Colour.BLUE)).isSameAs(Colour.BLUE);
        assertThat(Samples.travelled(CODECS, DayOfWeek.FRIDAY)).isSameAs(DayOfWeek.FRIDAY);
        assertThat(new String(Samples.encoded(CODECS, Colour.BLUE), StandardCharsets.ISO_8859_1))
                .contains("BLUE");
    }

    @Test
    void bringsBackArraysOfObjects() {
        assertThat(Samples.travelled(CODECS, new Point[]{new Point(1, 2), null}))
                .isEqualTo(new Point[]{new Point(1, 2), null});
        assertThat(Samples.travelled(CODECS, new String[][]{{"a"}, {}}))
                .isEqualTo(new String[][]{{"a"}, {}});
        assertThat(Samples.travelled(CODECS, new int[][]{{1, 2}, {}}))
                .isEqualTo(new int[][]{{1, 2}, {}});
        assertThat(Samples.travelled(CODECS, new Integer[]{1})).isEqualTo(new Integer[]{1});
        assertThat(Samples.travelled(CODECS, new Colour[]{Colour.GREEN}))
                .isEqualTo(new Colour[]{Colour.GREEN});
    }

    @Test
    void bringsBackCollectionsOfOnesOwn() {
        OwnList list = new OwnList();
        list.add("a");

        assertThat(Samples.travelled(CODECS, list)).isEqualTo(list).isInstanceOf(OwnList.class);
    }

    @Test
    void keepsCyclesAndSharing() {
        Node first = new Node();
        Node second = new Node();
        first.next = second;
        second.next = first;

        Node back = (Node) Samples.travelled(CODECS, first);

        assertThat(back.next).isNotNull().isNotSameAs(back);
        assertThat(back.next.next).isSameAs(back);
    }

    @Test
    void readsBackEveryDepthItWrites() {
        for (int depth = 60; depth < 100_000; depth *= 2) {
            Node chain = chain(depth);
            byte[] bytes;
            try {
                bytes = Samples.encoded(CODECS, chain);
            } catch (IllegalArgumentException e) {
                assertThat(e).hasMessageContaining("too deeply").hasMessageContaining("Node");
                assertThat(depth).isGreaterThan(500);
                return;
            }
            Node back = (Node) Samples.decoded(CODECS, Tags.OBJECT, bytes);
            assertThat(back.number).isEqualTo(depth);
        }
    }

    @Test
    void refusesBytesNestedDeeperThanItsStack() throws Exception {
        FutureTask<byte[]> encoding =
                new FutureTask<>(() -> Samples.encoded(CODECS, chain(100_000)));
        Thread deep = new Thread(null, encoding, "deep stack", 1L << 30);
        deep.start();
        byte[] bytes = encoding.get();
        FutureTask<Object> decoding =
                new FutureTask<>(() -> Samples.decoded(CODECS, Tags.OBJECT, bytes));
        Thread shallow = new Thread(null, decoding, "shallow stack", 1L << 19);
        shallow.start();

        assertThatThrownBy(decoding::get).cause().isInstanceOf(CodecException.class);
        Point point = new Point(1, 2);
        assertThat(Samples.travelled(CODECS, point)).isEqualTo(point);
    }

    private static Node chain(int depth) {
        Node chain = new Node();
        for (int i = 2; i <= depth; i++) {
            Node head = new Node();
            head.next = chain;
            chain = head;
        }
        chain.number = depth;
        return chain;
    }

    @Test
    void readsBackManyElementsThatTakeNoBytes() {
        List<@Nullable Object> nulls = new ArrayList<>(Collections.nCopies(200_000, null));
        List<Empty> empties = new ArrayList<>(Collections.nCopies(200_000, new Empty()));

        assertThat(Samples.travelled(CODECS, nulls)).isEqualTo(nulls);
        assertThat(Samples.travelled(CODECS, empties)).isEqualTo(empties);
    }

    @Test
    void readsBackGraphsOfMillionsOfObjects() {
        Map<Integer, Point> points = new HashMap<>();
        for (int i = 0; i < 1_000_000; i++) {
            points.put(i, new Point(i, -i));
        }

        assertThat(Samples.travelled(CODECS, points)).isEqualTo(points);
    }

    @Test
    void refusesClassesThatAreNotRegistered() {
        for (Object value : List.of(new Stranger(1), new Stranger[0], Thread.currentThread(),
                new Object(), this)) {
            assertThatThrownBy(() -> CODECS.forValue(value))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("class=" + value.getClass().getTypeName())
                    .hasMessageContaining(
                            "register(" + value.getClass().getSimpleName() + ".class)");
        }
    }

    @Test
    void refusesClassesThatAreNotRegisteredInsideOthers() {
        for (Object value : List.of(new Holder(new Stranger(1)),
                new ArrayList<>(List.of(new Stranger(1))))) {
            assertThatThrownBy(() -> Samples.encoded(CODECS, value))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("class not registered: class=" + Stranger.class.getName())
                    .hasMessageContaining("inValueOf=" + value.getClass().getName());
        }
    }

    @Test
    void takesFieldsOfUnregisteredClassesWhileTheyAreEmpty() {
        Fields empty = new Fields(null, List.of());

        assertThat(Samples.travelled(CODECS, empty)).isEqualTo(empty);
        assertThatThrownBy(() -> Samples.encoded(CODECS, new Fields(new Stranger(1), List.of())))
                .hasMessageContaining("Stranger");
    }

    interface Code extends Callable<String>, Serializable {}

    @Test
    void refusesCodeAsData() {
        Code lambda = () -> "code";
        Object proxy = Proxy.newProxyInstance(
                ObjectTest.class.getClassLoader(), new Class<?>[]{Code.class},
                (self, method, arguments) -> null);
        for (Object code : List.of(lambda, proxy, String.class, new ArrayBlockingQueue<>(9))) {
            assertThatThrownBy(() -> CODECS.forValue(code))
                    .isInstanceOf(IllegalArgumentException.class);
        }
        for (Object code : List.of(lambda, proxy, String.class)) {
            assertThatThrownBy(() -> Samples.encoded(CODECS, new Holder(code)))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("do not travel");
        }
    }

    @Test
    void refusesBytesOfClassesThatAreNotRegisteredHere() {
        byte[] bytes = Samples.encoded(CODECS, new Point(1, 2));

        assertThatThrownBy(() -> Samples.decoded(Codecs.standard(), Tags.OBJECT, bytes))
                .isInstanceOf(CodecException.class)
                .hasMessageContaining("not registered: class=" + Point.class.getName());
    }

    @Test
    void agreesBetweenProcessesThatRegisterInAnotherOrder() {
        Codecs other = Codecs.builder()
                .register(Samples.Parcel.class, Stranger.class, Point.class, Car.class,
                        Colour.class)
                .build();
        Random random = Samples.random(ObjectTest.class);
        Samples.Parcel parcel = Samples.parcel(random);

        byte[] bytes = Samples.encoded(CODECS, parcel);

        assertThat(Samples.decoded(other, Tags.OBJECT, bytes)).isEqualTo(parcel);
    }

    @Test
    void servesManyThreadsAtOnce() throws Exception {
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            List<Callable<Void>> tasks = new ArrayList<>();
            for (int i = 0; i < 200; i++) {
                Random random = new Random(i);
                tasks.add(() -> {
                    for (int k = 0; k < 50; k++) {
                        Samples.Parcel parcel = Samples.parcel(random);
                        assertThat(Samples.travelled(CODECS, parcel)).isEqualTo(parcel);
                        Thread.yield();
                    }
                    return null;
                });
            }
            for (Future<Void> result : threads.invokeAll(tasks)) {
                result.get();
            }
        }
    }

    @Test
    void staysUsableAfterFailures() {
        for (int i = 0; i < 100; i++) {
            assertThatThrownBy(() -> Samples.encoded(CODECS, new Holder(new Stranger(1))))
                    .isInstanceOf(IllegalArgumentException.class);
            assertThatThrownBy(() -> Samples.decoded(CODECS, Tags.OBJECT, new byte[]{2, -1, 3}))
                    .isInstanceOf(CodecException.class);
            assertThat(Samples.travelled(CODECS, new Holder(List.of(i))))
                    .isEqualTo(new Holder(List.of(i)));
        }
    }

    @Test
    void keepsBuffersInsideObjectsApartFromTheirSource() {
        byte[] bytes = Samples.encoded(CODECS, new Holder(ByteBuffer.wrap(new byte[]{1, 2, 3})));

        Holder holder = (Holder) Samples.decoded(CODECS, Tags.OBJECT, bytes);
        Arrays.fill(bytes, (byte) 0);

        assertThat(holder.content()).isEqualTo(ByteBuffer.wrap(new byte[]{1, 2, 3}));
    }

    @Test
    void leavesNoBytesOver() {
        byte[] bytes = Samples.encoded(CODECS, new Point(1, 2));

        assertThatThrownBy(
                () -> Samples.decoded(CODECS, Tags.OBJECT, Arrays.copyOf(bytes, bytes.length + 1)))
                .isInstanceOf(CodecException.class)
                .hasMessageContaining("wrong end");
    }
}
