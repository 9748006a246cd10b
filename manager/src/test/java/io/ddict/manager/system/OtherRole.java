package io.ddict.manager.system;

import io.ddict.client.DDict;
import io.ddict.client.DDictException;
import io.ddict.client.DDictFullException;
import io.ddict.client.Versioned;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/**
 * Another process with whatever dictionaries it is told of: makes the calls that it is told, a line for
 * each, and says what they returned, or {@code refused} and the status; see {@link OtherProcess}.
 */
final class OtherRole implements Role {
    /** Longest wait for a value. */
    private static final Duration LONG = Duration.ofSeconds(20);

    private final Map<String, DDict<String, Object>> attached = new HashMap<>();

    @Override
    public void run(Parent parent, List<String> arguments) {
        for (List<String> words = words(parent); !words.getFirst().equals("end"); words =
                words(parent)) {
            if (words.getFirst().equals("close")) {
                attached.values().forEach(DDict::close);
                attached.clear();
                parent.say("closed");
            } else {
                parent.say(answer(words));
            }
        }
    }

    private static List<String> words(Parent parent) {
        return List.of(parent.await().split(" ", -1));
    }

    private String answer(List<String> words) {
        try {
            DDict<String, Object> dict = attached.computeIfAbsent(words.get(1), DDict::attach);
            return Objects.toString(call(dict, words.getFirst(), words.subList(2, words.size())));
        } catch (DDictException e) {
            return "refused " + e.status();
        }
    }

    private static Object call(DDict<String, Object> dict, String call, List<String> words) {
        return switch (call) {
            case "get" -> dict.get(words.getFirst());
            case "broadcastGet" -> dict.broadcastGet(words.getFirst());
            case "remove" -> dict.remove(words.getFirst());
            case "size" -> dict.size();
            case "checkpointId" -> dict.checkpointId();
            case "getAndAdd" -> dict.getAndAdd(words.getFirst(), Long.parseLong(words.get(1)));
            case "fill" -> fill(dict, words.getFirst(), Integer.parseInt(words.get(1)));
            case "race" -> race(dict, "other", Integer.parseInt(words.getFirst()));
            default -> {
                act(dict, call, words);
                yield "done";
            }
        };
    }

    private static void act(DDict<String, Object> dict, String call, List<String> words) {
        switch (call) {
            case "put" -> dict.put(words.getFirst(), words.get(1));
            case "broadcastPut" -> dict.broadcastPut(words.getFirst(), words.get(1));
            case "awaitValue" -> dict.awaitValue(words.getFirst(), words.get(1), LONG);
            case "goTo" -> dict.checkpointId(Long.parseLong(words.getFirst()));
            case "clear" -> dict.clear();
            case "freeze" -> dict.freeze();
            case "unfreeze" -> dict.unfreeze();
            case "destroy" -> dict.destroy();
            default -> throw new IllegalArgumentException(call);
        }
    }

    /** Puts values of a length under numbered keys until one is refused; how many were stored. */
    static int fill(DDict<String, Object> dict, String prefix, int length) {
        int count = 0;
        while (true) {
            try {
                dict.put(prefix + count, new byte[length]);
                count++;
            } catch (DDictFullException e) {
                return count;
            }
        }
    }

    /**
     * Adds 1 to a value so many times by each of the conditional writes, and stores so many keys unless
     * another process did; how many of them it stored.
     */
    static int race(DDict<String, Object> dict, String name, int count) {
        int won = 0;
        for (int i = 0; i < count; i++) {
            won += dict.putIfAbsent("once" + i, name) == null ? 1 : 0;
            Versioned<Object> read;
            do {
                read = dict.getVersioned("sum");
            } while (dict.compareAndSet("sum", read.version(), (Long) read.value() + 1) == 0);
            Object present;
            do {
                present = dict.get("sum");
            } while (!dict.replace("sum", present, (Long) present + 1));
        }
        return won;
    }
}
