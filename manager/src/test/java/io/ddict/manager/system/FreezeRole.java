package io.ddict.manager.system;

import io.ddict.client.DDict;
import io.ddict.client.DDictException;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * Another process with a dictionary whose keys are numbers and whose values are sealed. Does what it is
 * told, a line for each: {@code freeze}, {@code unfreeze}, {@code is-frozen}, {@code put KEY SEED LENGTH},
 * {@code view COUNT} takes views of the first keys, {@code check} looks at them once, and {@code watch}
 * until they are ended.
 */
final class FreezeRole implements Role {
    @Override
    public void run(Parent parent, List<String> arguments) {
        DDict<Integer, byte[]> dict = DDict.attach(arguments.getFirst());
        List<MemorySegment> views = new ArrayList<>();
        parent.say("attached");
        for (List<String> words = words(parent); !words.getFirst().equals("end"); words =
                words(parent)) {
            try {
                parent.say(answer(dict, views, words));
            } catch (DDictException e) {
                parent.say("refused " + e.status());
            }
        }
    }

    private static List<String> words(Parent parent) {
        return List.of(parent.await().split(" "));
    }

    private static String answer(
            DDict<Integer, byte[]> dict, List<MemorySegment> views, List<String> words) {
        switch (words.getFirst()) {
            case "freeze" -> dict.freeze();
            case "unfreeze" -> dict.unfreeze();
            case "is-frozen" -> {
                return String.valueOf(dict.isFrozen());
            }
            case "put" -> dict.put(
                    number(words, 1), Content.sealed(number(words, 2), number(words, 3)));
            case "view" -> {
                views.clear();
                for (int key = 0; key < number(words, 1); key++) {
                    views.add(dict.view(key));
                }
            }
            case "check" -> {
                return check(views);
            }
            case "watch" -> {
                return watch(views);
            }
            default -> throw new IllegalArgumentException(words.getFirst());
        }
        return "done";
    }

    private static String watch(List<MemorySegment> views) {
        long startNs = System.nanoTime();
        String outcome = check(views);
        while (outcome.equals("whole")) {
            outcome = check(views);
        }
        long elapsedMs = TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - startNs);
        return outcome + " " + elapsedMs;
    }

    private static int number(List<String> words, int index) {
        return Integer.parseInt(words.get(index));
    }

    /** Whether all views show what was frozen: the key is the seed. */
    private static String check(List<MemorySegment> views) {
        try {
            for (int key = 0; key < views.size(); key++) {
                if (!Content.isSealed(views.get(key), key)) {
                    return "changed key=" + key;
                }
            }
            return "whole";
        } catch (IllegalStateException e) {
            // JDK-8306324: a read that is cut off may leave its thread interrupted.
            Thread.interrupted();
            return "ended";
        }
    }
}
