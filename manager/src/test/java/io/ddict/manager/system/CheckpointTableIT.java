package io.ddict.manager.system;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import io.ddict.client.AttachOptions;
import io.ddict.client.ByteSize;
import io.ddict.client.CheckpointRetiredException;
import io.ddict.client.DDict;
import io.ddict.client.DDictConfig;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.extension.RegisterExtension;

/*
 * The outcome table: what a call at checkpoint n does to a key, by where the key was stored and which
 * checkpoints, o to w, its manager holds. Each test is a cell, named row / column. One handle makes the
 * state, another, that is at n, makes the call, and both look afterwards.
 */

/** Every row of the outcome table with every column. */
class CheckpointTableIT {
    @RegisterExtension
    static final SharedService SERVICE = new SharedService();

    private static final Duration BRIEFLY = Duration.ofMillis(150);

    /** A dictionary in the state of a row, and the handle that is at n. */
    private static final class Case {
        final DDict<String, Long> writer;
        final DDict<String, Long> caller;

        Case(DDictConfig.Builder config) {
            writer = SERVICE.create(config.totalMemory(ByteSize.mib(16)));
            caller = SERVICE.cluster().attach(writer.name(), AttachOptions.DEFAULTS);
        }

        /** Puts at a checkpoint. */
        Case put(long checkpoint, String key, long value) {
            writer.checkpointId(checkpoint);
            writer.put(key, value);
            return this;
        }

        Case putPersistent(long checkpoint, String key, long value) {
            writer.checkpointId(checkpoint);
            writer.putPersistent(key, value);
            return this;
        }

        Case remove(long checkpoint, String key) {
            writer.checkpointId(checkpoint);
            writer.remove(key);
            return this;
        }

        Case callAt(long checkpoint) {
            caller.checkpointId(checkpoint);
            return this;
        }

        /** What the writer reads at a checkpoint. */
        Long at(long checkpoint, String key) {
            writer.checkpointId(checkpoint);
            return writer.get(key);
        }

    }

    private static DDictConfig.Builder workingSet(int size) {
        return DDictConfig.builder().workingSetSize(size);
    }

    private static DDictConfig.Builder waitingForKeys() {
        return workingSet(2).waitForKeys(true);
    }

    private static DynamicTest cell(String name, Case state, Consumer<Case> check) {
        return dynamicTest(name, () -> {
            try (state.writer; state.caller) {
                check.accept(state);
            }
        });
    }

    private static void assertRetired(ThrowingCallable call) {
        assertThatThrownBy(call)
                .isInstanceOf(CheckpointRetiredException.class)
                .hasMessageContaining("checkpoint is retired: checkpoint=1, oldest=2, newest=3");
    }

    @TestFactory
    List<DynamicTest> belowTheOldest() {
        List<DynamicTest> cells = new ArrayList<>();
        for (DDictConfig.Builder config : List.of(workingSet(2), waitingForKeys())) {
            String mode = config.build().waitForKeys() ? ", waitForKeys" : "";
            cells.add(cell("n < o / get" + mode, retired(config),
                    state -> assertRetired(() -> state.caller.get("key"))));
            cells.add(cell("n < o / containsKey" + mode, retired(config),
                    state -> assertRetired(() -> state.caller.containsKey("key"))));
            cells.add(cell("n < o / remove" + mode, retired(config), state -> {
                assertRetired(() -> state.caller.remove("key"));
                assertThat(state.at(3, "key")).isEqualTo(9);
            }));
            cells.add(cell("n < o / put" + mode, retired(config), state -> {
                assertRetired(() -> state.caller.put("key", 5L));
                assertThat(state.at(3, "key")).isEqualTo(9);
            }));
            cells.add(cell("n < o / getAndAdd" + mode, retired(config), state -> {
                assertRetired(() -> state.caller.getAndAdd("key", 5));
                assertThat(state.at(3, "key")).isEqualTo(9);
            }));
            cells.add(cell("n < o / clear, size, keys, compareAndSet, awaitValue" + mode,
                    retired(config), state -> {
                        assertRetired(state.caller::clear);
                        assertRetired(state.caller::size);
                        assertRetired(() -> state.caller.keys().iterator().hasNext());
                        assertRetired(() -> state.caller.compareAndSet("key", 0, 1L));
                        assertRetired(() -> state.caller.awaitValue("key", 9L, BRIEFLY));
                        assertThat(state.at(3, "key")).isEqualTo(9);
                    }));
        }
        return cells;
    }

    private static Case retired(DDictConfig.Builder config) {
        return new Case(config).putPersistent(0, "key", 8)
                .putPersistent(2, "other", 1)
                .putPersistent(3, "key", 9)
                .callAt(1);
    }

    @TestFactory
    List<DynamicTest> storedAtN() {
        List<DynamicTest> cells = new ArrayList<>();
        for (DDictConfig.Builder config : List.of(workingSet(2), waitingForKeys())) {
            String mode = config.build().waitForKeys() ? ", waitForKeys" : "";
            cells.add(cell("stored at n / get" + mode, stored(config),
                    state -> assertThat(state.caller.get("key")).isEqualTo(7)));
            cells.add(cell("stored at n / containsKey" + mode, stored(config),
                    state -> assertThat(state.caller.containsKey("key")).isTrue()));
            cells.add(cell("stored at n / remove" + mode, stored(config), state -> {
                assertThat(state.caller.remove("key")).isEqualTo(7);
                assertThat(state.caller.containsKey("key")).isFalse();
                assertThat(state.at(0, "key")).isEqualTo(6);
            }));
            cells.add(cell("stored at n / put" + mode, stored(config), state -> {
                state.caller.put("key", 70L);
                assertThat(state.at(1, "key")).isEqualTo(70);
                assertThat(state.at(0, "key")).isEqualTo(6);
            }));
            cells.add(cell("stored at n / getAndAdd" + mode, stored(config), state -> {
                assertThat(state.caller.getAndAdd("key", 5)).isEqualTo(7);
                assertThat(state.at(1, "key")).isEqualTo(12);
                assertThat(state.at(0, "key")).isEqualTo(6);
            }));
        }
        return cells;
    }

    private static Case stored(DDictConfig.Builder config) {
        return new Case(config).put(0, "key", 6).put(1, "key", 7).callAt(1);
    }

    @TestFactory
    List<DynamicTest> newestAtAnOlderCheckpoint() {
        return List.of(
                cell("newest at i / get", older(),
                        state -> assertThat(state.caller.get("key")).isEqualTo(7)),
                cell("newest at i / containsKey", older(),
                        state -> assertThat(state.caller.containsKey("key")).isTrue()),
                cell("newest at i / remove", older(), state -> {
                    assertThat(state.caller.remove("key")).isEqualTo(7);
                    assertThat(state.at(1, "key")).isNull();
                    state.caller.rollback();
                    assertThat(state.caller.get("key")).as("rollback still sees it").isEqualTo(7);
                }),
                cell("newest at i / put", older(), state -> {
                    state.caller.put("key", 70L);
                    assertThat(state.at(1, "key")).isEqualTo(70);
                    assertThat(state.at(0, "key")).isEqualTo(7);
                }),
                cell("newest at i / getAndAdd", older(), state -> {
                    assertThat(state.caller.getAndAdd("key", 5)).isEqualTo(7);
                    assertThat(state.at(1, "key")).isEqualTo(12);
                    assertThat(state.at(0, "key")).isEqualTo(7);
                }));
    }

    private static Case older() {
        return new Case(workingSet(2)).put(0, "key", 7).put(1, "other", 1).callAt(1);
    }

    @TestFactory
    List<DynamicTest> deletedBelowOrAtN() {
        List<DynamicTest> cells = new ArrayList<>();
        for (long n : new long[]{1, 2}) {
            String row = n == 1 ? "deletion mark at n" : "deletion mark below n";
            cells.add(cell(row + " / get", deleted(n),
                    state -> assertThat(state.caller.get("key")).isNull()));
            cells.add(cell(row + " / containsKey", deleted(n),
                    state -> assertThat(state.caller.containsKey("key")).isFalse()));
            cells.add(cell(row + " / remove", deleted(n),
                    state -> assertThat(state.caller.remove("key")).isNull()));
            cells.add(cell(row + " / put", deleted(n), state -> {
                state.caller.put("key", 70L);
                assertThat(state.at(n, "key")).isEqualTo(70);
                assertThat(state.at(0, "key")).isEqualTo(7);
            }));
            cells.add(cell(row + " / getAndAdd", deleted(n), state -> {
                assertThat(state.caller.getAndAdd("key", 5)).isZero();
                assertThat(state.at(n, "key")).isEqualTo(5);
                assertThat(state.at(0, "key")).isEqualTo(7);
            }));
        }
        return cells;
    }

    private static Case deleted(long n) {
        return new Case(workingSet(3)).put(0, "key", 7)
                .put(1, "other", 1)
                .remove(1, "key")
                .put(2, "other", 2)
                .callAt(n);
    }

    @TestFactory
    List<DynamicTest> nowhere() {
        return List.of(
                cell("nowhere / get", nowhereState(),
                        state -> assertThat(state.caller.get("key")).isNull()),
                cell("nowhere / containsKey", nowhereState(),
                        state -> assertThat(state.caller.containsKey("key")).isFalse()),
                cell("nowhere / remove", nowhereState(),
                        state -> assertThat(state.caller.remove("key")).isNull()),
                cell("nowhere / put", nowhereState(), state -> {
                    state.caller.put("key", 70L);
                    assertThat(state.at(1, "key")).isEqualTo(70);
                    assertThat(state.at(0, "key")).isNull();
                }),
                cell("nowhere / getAndAdd", nowhereState(), state -> {
                    assertThat(state.caller.getAndAdd("key", 5)).isZero();
                    assertThat(state.at(1, "key")).isEqualTo(5);
                }));
    }

    private static Case nowhereState() {
        return new Case(workingSet(2)).put(1, "other", 1).callAt(1);
    }

    @TestFactory
    List<DynamicTest> beyondTheNewest() {
        List<DynamicTest> cells = new ArrayList<>();
        for (int size : new int[]{1, 2}) {
            String mode = ", W = " + size;
            cells.add(cell("n > w / get" + mode, beyond(size), state -> {
                assertThat(state.caller.get("key")).isEqualTo(7);
                assertThat(state.caller.get("nowhere")).isNull();
                assertNotAdvanced(state);
            }));
            cells.add(cell("n > w / containsKey" + mode, beyond(size), state -> {
                assertThat(state.caller.containsKey("key")).isTrue();
                assertNotAdvanced(state);
            }));
            cells.add(cell("n > w / remove" + mode, beyond(size), state -> {
                assertThat(state.caller.remove("nowhere")).isNull();
                assertNotAdvanced(state);
                assertThat(state.caller.remove("key")).isEqualTo(7);
                assertThat(state.caller.get("key")).isNull();
            }));
            cells.add(cell("n > w / put" + mode, beyond(size), state -> {
                state.caller.put("key", 70L);
                assertAdvanced(state, size);
                assertThat(state.at(5, "key")).isEqualTo(70);
                assertThat(state.at(5, "other")).isEqualTo(1);
            }));
            cells.add(cell("n > w / getAndAdd" + mode, beyond(size), state -> {
                assertThat(state.caller.getAndAdd("key", 5)).isEqualTo(7);
                assertAdvanced(state, size);
                assertThat(state.at(5, "key")).isEqualTo(12);
            }));
            cells.add(cell("n > w / clear" + mode, beyond(size), state -> {
                state.caller.clear();
                assertAdvanced(state, size);
                assertThat(state.caller.size()).isZero();
            }));
        }
        return cells;
    }

    private static Case beyond(int size) {
        return new Case(workingSet(size)).put(0, "key", 7).put(0, "other", 1).callAt(5);
    }

    private static void assertNotAdvanced(Case state) {
        assertThat(state.writer.syncToNewestCheckpoint()).isZero();
        assertThat(state.at(0, "key")).isEqualTo(7);
    }

    private static void assertAdvanced(Case state, int size) {
        assertThat(state.writer.syncToNewestCheckpoint()).isEqualTo(5);
        if (size == 2) {
            assertThat(state.at(4, "key")).isEqualTo(7);
        }
        state.writer.checkpointId(5 - size);
        assertThatThrownBy(() -> state.writer.get("key"))
                .isInstanceOf(CheckpointRetiredException.class);
    }
}
