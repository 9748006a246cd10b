package io.ddict.manager.serving.crash;

import static io.ddict.manager.serving.crash.Scenarios.bytes;

import java.util.List;
import java.util.Random;

/** What is enumerated in pools that hold several checkpoints. */
final class CheckpointScenarios {
    private static final int LARGE = 20_000;
    private static final int RANDOM_COUNT = 3;

    private CheckpointScenarios() {}

    static void add(List<Scenario> all, Random random) {
        for (int size : new int[]{2, 3}) {
            addVersions(all, size);
            addLate(all, size);
            addMarks(all, size);
            addRetiring(all, size);
            for (int i = 0; i < RANDOM_COUNT; i++) {
                all.add(random(i, size, random.nextLong()));
            }
        }
    }

    private static void addVersions(List<Scenario> all, int size) {
        all.add(Scenario.withCheckpoints(
                "advance by a new key",
                size,
                run -> run.client(1).put("a", bytes(50, 1)),
                run -> run.client(1).at(1).put("b", bytes(50, 2))));
        all.add(Scenario.withCheckpoints(
                "put a second version, then overwrite it",
                size,
                run -> {
                    run.client(1).put("a", bytes(50, 1));
                    run.client(1).put("large", bytes(LARGE, 2));
                },
                run -> {
                    DrivenClient client = run.client(1).at(1);
                    client.put("a", bytes(60, 3));
                    client.put("large", bytes(LARGE, 4));
                    run.turn();
                    client.put("a", bytes(70, 5));
                    client.getAndAdd("n", 3);
                    client.at(2).getAndAdd("n", 4);
                }));
        all.add(Scenario.withCheckpoints(
                "put a version between two others",
                size,
                run -> {
                    run.client(1).at(size - 2).put("a", bytes(50, 1));
                    run.client(1).at(size).put("a", bytes(50, 2));
                    run.client(1).put("b", bytes(50, 2));
                },
                run -> {
                    DrivenClient client = run.client(1).at(size - 1);
                    client.put("a", bytes(60, 3));
                    client.put("b", bytes(60, 4));
                }));
        all.add(Scenario.withCheckpoints(
                "conditions at two checkpoints",
                size,
                run -> run.client(1).put("a", bytes(50, 1)),
                run -> {
                    DrivenClient client = run.client(1);
                    long version = versionOf(client, "a");
                    client.at(1).putIf("a", bytes(60, 2), 0);
                    client.putIf("a", bytes(60, 3), version);
                    client.at(0).putIf("a", bytes(60, 4), version);
                    client.at(1).removeIf("a", version);
                    client.removeIf("a", versionOf(client, "a"));
                }));
        all.add(Scenario.withCheckpoints(
                "late operations of an older checkpoint, in one batch with the advance",
                size,
                run -> {
                    run.client(1).put("a", bytes(50, 1));
                    run.client(1).put("b", bytes(50, 2));
                    run.client(2);
                },
                run -> {
                    DrivenClient late = run.client(2).drives(false);
                    run.client(1).drives(false).at(8).put("a", bytes(60, 3));
                    late.put("a", bytes(60, 4));
                    late.put("b", bytes(60, 5));
                    late.put("c", bytes(60, 6));
                    late.at(1).put("b", bytes(60, 7));
                    late.getAndAdd("n", 1);
                    late.remove("b");
                    run.turn();
                }));
    }

    private static void addLate(List<Scenario> all, int size) {
        all.add(Scenario.withCheckpoints(
                "remove what is put later, at an older checkpoint",
                size,
                run -> {
                    run.client(1).put("a", bytes(50, 1));
                    run.client(1).at(size - 1).put("a", bytes(50, 2));
                    run.client(1).at(size - 1).remove("a");
                },
                run -> {
                    DrivenClient client = run.client(1).drives(false);
                    client.at(size - 1).remove("b");
                    client.at(size - 2).put("b", bytes(60, 3));
                    client.at(size - 2).remove("a");
                    client.at(size - 2).put("a", bytes(60, 4));
                    run.turn();
                }));
    }

    private static void addMarks(List<Scenario> all, int size) {
        all.add(Scenario.withCheckpoints(
                "remove at a newer checkpoint, put, and remove again",
                size,
                run -> {
                    run.client(1).put("a", bytes(50, 1));
                    run.client(1).at(1).put("b", bytes(50, 1));
                },
                run -> {
                    DrivenClient client = run.client(1).at(1);
                    client.remove("a");
                    client.put("a", bytes(60, 2));
                    client.remove("a");
                    client.remove("b");
                    client.at(0).put("b", bytes(70, 3));
                }));
        all.add(Scenario.withCheckpoints(
                "put, remove, put at an older checkpoint, in one batch",
                size,
                run -> run.client(1).at(1).put("b", bytes(50, 1)),
                run -> {
                    DrivenClient client = run.client(1).drives(false).at(1);
                    client.put("a", bytes(50, 1));
                    client.remove("a");
                    client.at(0).put("a", bytes(60, 2));
                    client.at(1).getAndAdd("n", 1);
                    client.remove("n");
                    client.at(0).getAndAdd("n", 5);
                    run.turn();
                }));
        all.add(Scenario.withCheckpoints(
                "clear where older checkpoints keep what they saw",
                size,
                run -> {
                    for (int i = 0; i < 4; i++) {
                        run.client(1).at(i % 2).put("k" + i, bytes(100 * i, i));
                    }
                },
                run -> {
                    DrivenClient client = run.client(1).drives(false).at(1);
                    client.put("k1", bytes(60, 10));
                    client.clear();
                    client.put("k2", bytes(60, 11));
                    client.at(2).clear();
                    client.getAndAdd("n", 1);
                    run.turn();
                }));
    }

    private static void addRetiring(List<Scenario> all, int size) {
        all.add(Scenario.withCheckpoints(
                "versions and marks are pruned, and their places used again",
                size,
                run -> {
                    run.client(1).put("a", bytes(50, 1));
                    run.client(1).put("b", bytes(LARGE, 2));
                    run.client(1).put("c", bytes(50, 3));
                },
                run -> {
                    DrivenClient client = run.client(1).at(1);
                    client.put("a", bytes(60, 4));
                    client.remove("b");
                    for (int at = 2; at <= size + 1; at++) {
                        client.at(at).put("a", bytes(60, 10 + at));
                        run.turn();
                    }
                    client.put("d", bytes(60, 20));
                    client.put("e", bytes(60, 21));
                    run.turn();
                    run.turn();
                }));
        all.add(Scenario.withCheckpoints(
                "two advances before the first SEAL",
                size,
                run -> {
                    run.client(1).put("a", bytes(50, 1));
                    run.client(1).put("b", bytes(50, 2));
                },
                run -> {
                    DrivenClient client = run.client(1).drives(false);
                    client.at(1).remove("a");
                    client.at(size).put("b", bytes(60, 3));
                    client.at(size + 1).put("b", bytes(60, 4));
                    client.at(size).put("a", bytes(60, 5));
                    run.turn();
                    run.turn();
                    client.at(3L * size).put("c", bytes(60, 6));
                    run.turn();
                    run.turn();
                }));
    }

    private static long versionOf(DrivenClient client, String key) {
        byte[] _ = client.get(key);
        return client.version();
    }

    private static Scenario random(int number, int size, long seed) {
        return Scenario.withCheckpoints(
                "random " + number + " of seed " + seed,
                size,
                run -> steps(run, new Random(seed), 20, 0),
                run -> steps(run, new Random(seed + 1), 12, run.pool().status().newest()));
    }

    // At checkpoints that are held when the operation comes to be applied.
    private static void steps(RecordedRun run, Random random, int count, long first) {
        long newest = first;
        int size = run.pool().geometry().workingSet().size();
        for (int i = 0; i < count; i++) {
            newest += random.nextInt(5) == 0 ? 1 + random.nextInt(2) : 0;
            long oldest = Math.max(0, newest - size + 1);
            long at = oldest + random.nextLong(newest - oldest + 1);
            DrivenClient client = run.client(1 + random.nextInt(2));
            client.drives(random.nextInt(3) == 0).at(newest).getAndAdd("newest", 1);
            step(run, client.at(at), random);
        }
    }

    private static void step(RecordedRun run, DrivenClient client, Random random) {
        String key = "k" + random.nextInt(4);
        byte[] value = bytes(random.nextInt(900), random.nextLong());
        switch (random.nextInt(12)) {
            case 0, 1, 2, 3 -> client.put(key, value);
            case 4 -> client.drives(true).put(key, bytes(LARGE, random.nextLong()));
            case 5, 6 -> client.remove(key);
            case 7 -> client.putIf(key, value, 0);
            case 8 -> client.getAndAdd("n", random.nextInt(100));
            case 9 -> client.clear();
            default -> run.turn();
        }
    }
}
