package io.ddict.bench.peers;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/*
 *   from the test                          answer
 *   attach <value length> <address>        attached
 *   keep                                   kept: it put, replaced, read, and left KEYS values
 *   expect                                 found: those that another client left
 *   close                                  closed
 */

/** A client process of one peer: does what the test's lines say, and checks what the store promises. */
final class ContractClient {
    static final int KEYS = 12;
    static final int CLIENTS = 2;

    private static final int BATCH = 5;
    private static final int PUT = 1;
    private static final int REPLACED = 2;
    private static final int IN_BATCH = 3;

    private final Peer peer;
    private final Keys keys = new Keys();
    private Shape shape = shape(Long.BYTES);
    private @Nullable Store store;

    private ContractClient(Peer peer) {
        this.peer = peer;
    }

    static Shape shape(int valueLength) {
        return new Shape(valueLength, KEYS, CLIENTS, 1, false);
    }

    /** Runs until its standard input ends; argument: the peer's name. */
    public static void main(String[] arguments) throws IOException {
        PrintStream answers = System.out;
        System.setOut(System.err);
        BufferedReader in = new BufferedReader(new InputStreamReader(System.in, UTF_8));
        ContractClient client = new ContractClient(Peers.named(arguments[0]));
        for (String line = in.readLine(); line != null; line = in.readLine()) {
            answers.println(client.answer(line.split(" ", -1)));
        }
        // Threads of a store do not keep it.
        Runtime.getRuntime().halt(0);
    }

    private String answer(String[] words) throws IOException {
        return switch (words[0]) {
            case "attach" -> {
                shape = shape(Integer.parseInt(words[1]));
                store = peer.attach(words[2], shape);
                yield "attached";
            }
            case "keep" -> {
                keep(store);
                yield "kept";
            }
            case "expect" -> {
                check(store, KEYS, IN_BATCH);
                yield "found";
            }
            case "close" -> {
                store.close();
                yield "closed";
            }
            default -> throw new IllegalArgumentException(words[0]);
        };
    }

    private void keep(Store store) {
        holdsNothing(store);
        putsAndReplaces(store);
        store.clear();
        store.awaitApplied();
        holdsNothing(store);
        putsBatches(store);
    }

    private void holdsNothing(Store store) {
        for (int i = 0; i < KEYS; i++) {
            byte[] buffer = new byte[shape.valueLength()];
            assertThat(store.get(keys.of(i))).isNull();
            assertThat(store.get(keys.of(i), buffer)).isEqualTo(-1);
            assertThat(store.view(keys.of(i))).isEqualTo(Store.ABSENT);
        }
    }

    private void putsAndReplaces(Store store) {
        for (int generation : new int[]{PUT, REPLACED}) {
            // One array for all, changed after each call, as the benchmark does.
            byte[] value = new byte[shape.valueLength()];
            for (int i = 0; i < KEYS; i++) {
                fill(value, i, generation);
                store.put(keys.of(i), value);
            }
            Arrays.fill(value, (byte) 0);
            store.awaitApplied();
            check(store, KEYS, generation);
        }
        byte[] mixed = value(0, REPLACED);
        ByteBuffer.wrap(mixed).putInt(0, ~generationOf(mixed));
        store.put(keys.of(0), mixed);
        store.awaitApplied();
        // In eight bytes the first are the last.
        assertThat(store.view(keys.of(0)) == Store.MIXED)
                .isEqualTo(shape.valueLength() > Long.BYTES);
    }

    private void putsBatches(Store store) {
        putBatch(store, BATCH, PUT);
        check(store, BATCH, PUT);
        putBatch(store, 0, PUT);
        putBatch(store, KEYS, IN_BATCH);
        check(store, KEYS, IN_BATCH);
    }

    private void putBatch(Store store, int count, int generation) {
        byte[][] batchKeys = new byte[count][];
        byte[][] values = new byte[count][];
        for (int i = 0; i < count; i++) {
            batchKeys[i] = keys.of(i).clone();
            values[i] = value(i, generation);
        }
        store.putBatch(batchKeys, values);
        for (int i = 0; i < count; i++) {
            Arrays.fill(batchKeys[i], (byte) 'z');
            Arrays.fill(values[i], (byte) 0);
        }
        store.awaitApplied();
    }

    private void check(Store store, int count, int generation) {
        byte[] buffer = new byte[shape.valueLength()];
        for (int i = 0; i < count; i++) {
            byte[] expected = value(i, generation);
            assertThat(Arrays.equals(store.get(keys.of(i)), expected)).as("key %s", i).isTrue();
            assertThat(store.get(keys.of(i), buffer)).isEqualTo(expected.length);
            assertThat(Arrays.equals(buffer, expected)).as("key %s", i).isTrue();
            assertThat(store.view(keys.of(i))).isEqualTo(stamp(expected));
        }
    }

    private byte[] value(int key, int generation) {
        byte[] value = new byte[shape.valueLength()];
        fill(value, key, generation);
        return value;
    }

    /** The same eight bytes all over, so that the first are the last. */
    private static void fill(byte[] value, int key, int generation) {
        ByteBuffer buffer = ByteBuffer.wrap(value);
        while (buffer.hasRemaining()) {
            buffer.putInt(generation);
            buffer.putInt(key);
        }
    }

    private static int generationOf(byte[] value) {
        return ByteBuffer.wrap(value).getInt(0);
    }

    private static long stamp(byte[] value) {
        return ByteBuffer.wrap(value).order(ByteOrder.LITTLE_ENDIAN).getLong(0);
    }
}
