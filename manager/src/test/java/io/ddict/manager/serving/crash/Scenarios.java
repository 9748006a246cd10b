package io.ddict.manager.serving.crash;

import io.ddict.client.DDictFullException;
import io.ddict.manager.serving.crash.Scenario.Play;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;

/** What is enumerated: every kind of operation, alone and with those that it may get in the way of. */
final class Scenarios {
    private static final int LARGE = 20_000;
    private static final int LARGER = 100_000;
    private static final int RANDOM_COUNT = 5;
    private static final byte[] NOISE = noise();
    private static final Play NOTHING = run -> run.client(1);

    private Scenarios() {}

    static List<Scenario> all(Random random) {
        List<Scenario> all = new ArrayList<>();
        addInline(all);
        addLarge(all);
        addBlocks(all);
        addConditional(all);
        addBatches(all);
        addPutsAtOneGo(all);
        addClients(all);
        addSpace(all);
        addFull(all);
        addLinks(all);
        CheckpointScenarios.add(all, random);
        for (int i = 0; i < RANDOM_COUNT; i++) {
            all.add(random(i, random.nextLong()));
        }
        return all;
    }

    /** Bytes that hardly another number gives. */
    static byte[] bytes(int length, long number) {
        int from = (int) Long.remainderUnsigned(number * 0x9E37_79B9_7F4A_7C15L,
                NOISE.length - length);
        return Arrays.copyOfRange(NOISE, from, from + length);
    }

    private static byte[] noise() {
        byte[] noise = new byte[4 << 20];
        new Random(1).nextBytes(noise);
        return noise;
    }

    private static void addInline(List<Scenario> all) {
        all.add(new Scenario("put a new key", NOTHING,
                run -> run.client(1).put("a", bytes(50, 1))));
        all.add(new Scenario("put a new key, empty value", NOTHING,
                run -> run.client(1).put("a", bytes(0, 1))));
        all.add(new Scenario(
                "overwrite a value",
                run -> run.client(1).put("a", bytes(50, 1)),
                run -> run.client(1).put("a", bytes(70, 2))));
        all.add(new Scenario(
                "overwrite a value twice",
                run -> run.client(1).put("a", bytes(50, 1)),
                run -> {
                    run.client(1).put("a", bytes(50, 2));
                    run.turn();
                    run.client(1).put("a", bytes(50, 3));
                }));
        all.add(new Scenario(
                "remove a key",
                run -> {
                    run.client(1).put("a", bytes(50, 1));
                    run.client(1).put("b", bytes(50, 2));
                },
                run -> run.client(1).remove("a")));
        all.add(new Scenario("remove an absent key", NOTHING, run -> run.client(1).remove("a")));
        all.add(new Scenario("add to a new number", NOTHING,
                run -> run.client(1).getAndAdd("n", 5)));
        all.add(new Scenario(
                "add to a number",
                run -> run.client(1).getAndAdd("n", 5),
                run -> run.client(1).getAndAdd("n", 7)));
        all.add(new Scenario(
                "add to what is no number",
                run -> run.client(1).put("n", bytes(8, 1)),
                run -> run.client(1).getAndAdd("n", 7)));
        all.add(new Scenario(
                "clear",
                run -> {
                    for (int i = 0; i < 5; i++) {
                        run.client(1).put("k" + i, bytes(100 * i, i));
                    }
                    run.client(1).put("large", bytes(LARGE, 9));
                },
                run -> {
                    DrivenClient client = run.client(1).drives(false);
                    client.put("k1", bytes(60, 10));
                    client.clear();
                    client.put("k2", bytes(60, 11));
                    client.getAndAdd("n", 1);
                }));
    }

    private static void addLarge(List<Scenario> all) {
        all.add(new Scenario("put a new large value", NOTHING,
                run -> run.client(1).put("a", bytes(LARGE, 1))));
        all.add(new Scenario(
                "overwrite large by large",
                run -> run.client(1).put("a", bytes(LARGE, 1)),
                run -> run.client(1).put("a", bytes(LARGER, 2))));
        all.add(new Scenario(
                "overwrite large by large, in blocks on offer",
                run -> {
                    run.client(1).put("a", bytes(LARGE, 1));
                    run.turn();
                },
                run -> {
                    run.client(1).put("a", bytes(LARGE, 2));
                    run.turn();
                    run.client(1).put("b", bytes(LARGE - 100, 3));
                }));
        all.add(new Scenario(
                "overwrite large by small",
                run -> run.client(1).put("a", bytes(LARGE, 1)),
                run -> run.client(1).put("a", bytes(30, 2))));
        all.add(new Scenario(
                "overwrite small by large",
                run -> run.client(1).put("a", bytes(30, 1)),
                run -> run.client(1).put("a", bytes(LARGE, 2))));
        all.add(new Scenario(
                "remove a large value",
                run -> run.client(1).put("a", bytes(LARGE, 1)),
                run -> run.client(1).remove("a")));
        all.add(new Scenario(
                "a large value is waited for in vain",
                run -> run.client(1).put("a", bytes(LARGE, 1)),
                run -> {
                    run.turn();
                    run.client(1).awaitInVain("a", bytes(LARGE, 2));
                    run.turn();
                    run.client(1).put("a", bytes(LARGE, 3));
                }));
    }

    private static void addBlocks(List<Scenario> all) {
        all.add(new Scenario(
                "take and return a block",
                NOTHING,
                run -> {
                    run.client(1).takeAndReturnBlock("a", LARGE);
                    run.drain();
                    run.client(1).put("b", bytes(LARGE, 1));
                }));
        all.add(new Scenario(
                "return a block, then others use its place, in one batch",
                run -> {
                    run.client(1).put("a", bytes(LARGE, 1));
                    run.client(2).put("b", bytes(LARGE, 2));
                    run.turn();
                },
                run -> {
                    run.client(1).drives(false).takeAndReturnBlock("x", LARGE);
                    run.client(2).drives(false).put("c", bytes(LARGE, 3));
                    run.client(2).put("d", bytes(3000, 4));
                    run.client(2).drives(true).put("e", bytes(LARGE, 5));
                }));
        all.add(new Scenario(
                "return a block and get it again, in one batch",
                run -> {
                    run.client(1).put("a", bytes(LARGE, 1));
                    run.drain();
                },
                run -> {
                    run.client(1).drives(false).takeAndReturnBlock("x", LARGE);
                    run.client(1).drives(true).put("b", bytes(LARGE, 2));
                }));
        all.add(new Scenario(
                "return a block and be offered it again, in one batch",
                Scenarios::makeTwoOffers,
                run -> {
                    run.client(1).drives(false).takeAndReturnBlock("x", LARGE);
                    run.client(1).put("c", bytes(LARGE, 5));
                    run.turn();
                    run.client(1).put("d", bytes(LARGE, 6));
                    run.turn();
                    run.client(1).put("e", bytes(LARGE, 7));
                }));
    }

    private static void makeTwoOffers(RecordedRun run) {
        run.client(1).put("a", bytes(LARGE, 1));
        run.client(1).put("a", bytes(LARGE, 2));
        run.client(1).put("b", bytes(LARGE, 3));
        run.drain();
    }

    private static void addConditional(List<Scenario> all) {
        all.add(new Scenario("put if absent, met", NOTHING,
                run -> run.client(1).putIf("a", bytes(50, 1), 0)));
        all.add(new Scenario(
                "put if absent, unmet",
                run -> run.client(1).put("a", bytes(50, 1)),
                run -> run.client(1).putIf("a", bytes(50, 2), 0)));
        all.add(new Scenario(
                "put if version, met, then unmet",
                run -> run.client(1).put("a", bytes(50, 1)),
                run -> {
                    long version = versionOf(run, "a");
                    run.client(1).putIf("a", bytes(50, 2), version);
                    run.client(1).putIf("a", bytes(50, 3), version);
                }));
        all.add(new Scenario(
                "put large if absent, unmet",
                run -> run.client(1).put("a", bytes(50, 1)),
                run -> {
                    run.client(1).putIf("a", bytes(LARGE, 2), 0);
                    run.client(1).put("b", bytes(LARGE, 3));
                }));
        all.add(new Scenario(
                "put large if absent, unmet, then others use its place, in one batch",
                run -> {
                    run.client(1).put("a", bytes(LARGE, 1));
                    run.client(2).put("b", bytes(LARGE, 2));
                    run.turn();
                },
                run -> {
                    run.client(1).drives(false).putIf("a", bytes(LARGE, 3), 0);
                    run.client(2).drives(false).put("c", bytes(3000, 4));
                    run.client(2).put("b", bytes(LARGE, 5));
                    run.client(2).put("d", bytes(3000, 6));
                    run.turn();
                    run.client(2).drives(true).put("e", bytes(LARGE, 7));
                }));
        all.add(new Scenario(
                "unmet condition, then a conditional remove, in one batch",
                run -> run.client(1).put("a", bytes(50, 1)),
                run -> {
                    long version = versionOf(run, "a");
                    run.client(1).drives(false).putIf("a", bytes(50, 2), 0);
                    run.client(1).removeIf("a", version);
                }));
        all.add(new Scenario(
                "add to what is no number, then a conditional remove, in one batch",
                run -> run.client(1).put("a", bytes(50, 1)),
                run -> {
                    long version = versionOf(run, "a");
                    run.client(1).drives(false).getAndAdd("a", 2);
                    run.client(1).removeIf("a", version);
                    run.client(1).getAndAdd("n", 3);
                }));
    }

    private static void addBatches(List<Scenario> all) {
        all.add(new Scenario(
                "several keys in one batch",
                run -> run.client(1).put("b", bytes(50, 1)),
                run -> {
                    DrivenClient client = run.client(1).drives(false);
                    client.put("a", bytes(50, 2));
                    client.put("b", bytes(400, 3));
                    client.put("c", bytes(10, 4));
                    client.remove("b");
                    client.getAndAdd("n", 1);
                    client.getAndAdd("n", 2);
                }));
        all.add(new Scenario(
                "put, remove, put of one key in one batch",
                NOTHING,
                run -> {
                    DrivenClient client = run.client(1).drives(false);
                    client.put("a", bytes(50, 1));
                    client.remove("a");
                    client.put("a", bytes(60, 2));
                }));
        all.add(new Scenario(
                "remove, put, remove of one key in one batch, and another takes its ordinal",
                run -> run.client(1).put("a", bytes(50, 1)),
                run -> {
                    DrivenClient client = run.client(1).drives(false);
                    client.remove("a");
                    client.put("b", bytes(60, 2));
                    client.put("a", bytes(60, 3));
                    client.remove("a");
                    client.put("c", bytes(60, 4));
                }));
        all.add(new Scenario(
                "large and small of one key in one batch",
                Scenarios::makeTwoOffers,
                run -> {
                    DrivenClient client = run.client(1).drives(false);
                    client.put("a", bytes(LARGE, 4));
                    client.put("a", bytes(60, 5));
                    client.put("a", bytes(LARGE, 6));
                    client.remove("b");
                    client.put("b", bytes(60, 7));
                }));
        all.add(new Scenario(
                "a batch longer than between two publications, over the ring's end",
                run -> {
                    for (int i = 0; i < 120; i++) {
                        run.client(1).put("k" + i % 3, bytes(40, i));
                    }
                    run.drain();
                },
                run -> {
                    DrivenClient client = run.client(1).drives(false);
                    for (int i = 0; i < 20; i++) {
                        client.getAndAdd("n" + i % 4, i);
                    }
                }));
    }

    private static void addPutsAtOneGo(List<Scenario> all) {
        all.add(new Scenario(
                "several puts at one go",
                run -> run.client(1).put("b", bytes(50, 1)),
                run -> {
                    run.client(1).putBatch(
                            List.of("a", "b", "a", "c"),
                            List.of(bytes(50, 2), bytes(400, 3), bytes(10, 4), bytes(60, 5)));
                    run.client(1).put("a", bytes(70, 6));
                }));
        all.add(new Scenario(
                "several puts at one go, by two clients",
                run -> {
                    run.client(1).put("b", bytes(50, 1));
                    run.client(2);
                },
                run -> {
                    List<String> keys = List.of("a", "b", "c");
                    run.client(1).drives(false).putBatch(
                            keys, List.of(bytes(50, 2), bytes(40, 3), bytes(30, 4)));
                    run.client(2).drives(false).putBatch(
                            keys, List.of(bytes(5, 5), bytes(4, 6), bytes(3, 7)));
                    run.client(1).remove("b");
                }));
        all.add(new Scenario(
                "several puts at one go, more than staging holds",
                run -> run.client(1),
                run -> {
                    List<String> keys = new ArrayList<>();
                    List<byte[]> values = new ArrayList<>();
                    for (int i = 0; i < 36; i++) {
                        keys.add("k" + i % 5);
                        values.add(bytes(4000, i));
                    }
                    run.client(1).putBatch(keys, values);
                }));
    }

    private static void addClients(List<Scenario> all) {
        all.add(new Scenario(
                "two clients, one key",
                run -> {
                    run.client(1);
                    run.client(2);
                },
                run -> {
                    run.client(1).drives(false).put("a", bytes(50, 1));
                    run.client(2).drives(false).getAndAdd("n", 1);
                    run.client(1).getAndAdd("n", 2);
                    run.client(2).put("a", bytes(60, 2));
                    run.turn();
                    run.client(1).getAndAdd("n", 3);
                    run.client(2).remove("a");
                }));
        all.add(new Scenario(
                "freeze",
                run -> run.client(1).put("a", bytes(50, 1)),
                run -> {
                    run.client(1).put("a", bytes(50, 2));
                    run.freeze();
                    run.freeze();
                    run.unfreeze();
                    run.freeze();
                    run.unfreeze();
                    run.client(1).put("b", bytes(50, 3));
                }));
    }

    private static void addSpace(List<Scenario> all) {
        all.add(new Scenario(
                "a slab is emptied and its place used again",
                run -> {
                    for (int i = 0; i < 3; i++) {
                        run.client(1).put("k" + i, bytes(4000, i));
                    }
                },
                run -> {
                    DrivenClient client = run.client(1).drives(false);
                    for (int i = 0; i < 3; i++) {
                        client.put("k" + i, bytes(20, 10 + i));
                    }
                    run.turn();
                    client.put("x", bytes(3000, 20));
                    client.put("y", bytes(1000, 21));
                    client.put("z", bytes(300, 22));
                    run.turn();
                    client.put("k1", bytes(3000, 23));
                }));
        all.add(new Scenario(
                "what is given up waits for a pin",
                run -> {
                    run.client(1).put("a", bytes(300, 1));
                    run.client(1).put("b", bytes(LARGE, 2));
                    run.client(2);
                },
                run -> {
                    DrivenClient writer = run.client(2);
                    run.client(1).view(
                            "b",
                            () -> {
                                writer.put("a", bytes(300, 3));
                                writer.put("b", bytes(LARGE, 4));
                                run.turn();
                                writer.put("c", bytes(300, 5));
                                writer.put("d", bytes(LARGE, 6));
                                run.turn();
                                writer.put("a", bytes(300, 7));
                                run.turn();
                            });
                    run.turn();
                    writer.put("e", bytes(300, 8));
                }));
    }

    private static void addFull(List<Scenario> all) {
        all.add(new Scenario(
                "staging is full and waits for the manager",
                run -> run.client(1),
                run -> {
                    // 31 of them fit.
                    for (int i = 0; i < 36; i++) {
                        run.client(1).drives(i > 28).put("k" + i % 5, bytes(4000, i));
                    }
                }));
        all.add(new Scenario(
                "room is made in a full pool",
                run -> {
                    fill(run.client(1), "larger", LARGER, 100);
                    fill(run.client(1), "large", LARGE, 100);
                    fill(run.client(1), "small", 4000, 100);
                },
                run -> {
                    run.client(1).remove("large0");
                    run.client(1).remove("larger1");
                    run.client(1).remove("small0");
                    run.client(1).put("small1", bytes(4000, 1));
                }));
        all.add(new Scenario(
                "free space is joined by moving blocks and slabs",
                8 << 20,
                run -> {
                    DrivenClient client = run.client(1);
                    fill(client, "small", 4000, 7);
                    int count = fill(client, "k", 400_000, 100);
                    for (int i = 1; i < count; i += 2) {
                        client.remove("k" + i);
                    }
                },
                run -> run.compact(8)));
        all.add(new Scenario(
                "free space is joined by moving a block over itself",
                8 << 20,
                Scenarios::leaveNarrowHoles,
                run -> run.compact(3)));
        all.add(new Scenario(
                "free space is joined because a client needs it",
                8 << 20,
                Scenarios::leaveNarrowHoles,
                run -> {
                    run.client(1).drives(false).put("small", bytes(300, 1));
                    run.client(1).remove("wide10");
                    run.client(1).drives(true).put("huge", bytes(650_000, 2));
                }));
    }

    // Holes that are narrower than the blocks between them, and a narrow one before all blocks.
    private static void leaveNarrowHoles(RecordedRun run) {
        DrivenClient client = run.client(1);
        int count = 0;
        while (fill(client, "wide" + count, 500_000, 1) + fill(client, "narrow" + count, 400_000, 1)
                == 2) {
            count++;
        }
        for (int i = 0; i < count; i++) {
            client.remove("narrow" + i + "0");
        }
        fill(client, "first", 450_000, 100);
    }

    private static int fill(DrivenClient client, String prefix, int length, int countMax) {
        int count = 0;
        try {
            while (count < countMax) {
                client.put(prefix + count, bytes(length, count));
                count++;
            }
        } catch (DDictFullException e) {
            // As meant.
        }
        return count;
    }

    private static void addLinks(List<Scenario> all) {
        all.add(new Scenario(
                "open a link",
                NOTHING,
                run -> {
                    run.client(2);
                    run.client(2).put("a", bytes(30, 1));
                }));
        all.add(new Scenario(
                "close a link with operations posted and blocks held",
                run -> {
                    run.client(1).put("a", bytes(LARGE, 1));
                    run.client(2).put("b", bytes(LARGE, 2));
                    run.drain();
                },
                run -> {
                    run.client(2).drives(false).put("b", bytes(LARGE, 3));
                    run.client(2).put("c", bytes(30, 4));
                    run.end(2);
                    run.client(1).put("b", bytes(LARGE, 5));
                    run.client(3).put("d", bytes(LARGE, 6));
                }));
    }

    private static long versionOf(RecordedRun run, String key) {
        byte[] _ = run.client(1).get(key);
        return run.client(1).version();
    }

    static Scenario random(int number, long seed) {
        return new Scenario(
                "random " + number + " of seed " + seed,
                run -> {
                    Random random = new Random(seed);
                    for (int i = 0; i < 20; i++) {
                        step(run, random);
                    }
                },
                run -> {
                    Random random = new Random(seed + 1);
                    for (int i = 0; i < 10; i++) {
                        step(run, random);
                    }
                });
    }

    private static void step(RecordedRun run, Random random) {
        int number = 1 + random.nextInt(2);
        DrivenClient client = run.client(number).drives(random.nextInt(4) == 0);
        String key = "k" + random.nextInt(4);
        byte[] value = bytes(random.nextInt(1 << random.nextInt(3, 13)), random.nextLong());
        byte[] large = bytes(LARGE - random.nextInt(2000), random.nextLong());
        switch (random.nextInt(32)) {
            case 0, 1, 2, 3, 4, 5, 6 -> client.put(key, value);
            case 7, 8, 9, 10 -> client.drives(true).put(key, large);
            case 11, 12, 13 -> client.remove(key);
            case 14, 15 -> client.removeIf(key, recentVersion(run, random));
            case 16, 17 -> client.putIf(key, value, 0);
            case 18, 19 -> client.drives(true).putIf(key, large, 0);
            case 20 -> client.putIf(key, value, recentVersion(run, random));
            case 21, 22, 23 -> client.getAndAdd("n" + random.nextInt(2), random.nextInt(100));
            case 24 -> client.takeAndReturnBlock(key, LARGE);
            case 25 -> client.awaitInVain(key, large);
            case 26 -> run.end(number);
            case 27 -> client.clear();
            default -> run.turn();
        }
    }

    private static long recentVersion(RecordedRun run, Random random) {
        return Math.max(1, run.pool().status().applied() - random.nextInt(3));
    }
}
