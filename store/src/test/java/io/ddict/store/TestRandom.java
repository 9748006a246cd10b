package io.ddict.store;

import java.lang.StackWalker.StackFrame;
import java.util.Locale;
import java.util.Random;
import java.util.concurrent.ThreadLocalRandom;

/** Random numbers of a test; the seed is printed with the command that repeats them. */
public final class TestRandom {
    private static final String PROPERTY = "ddict.test.seed";

    private TestRandom() {}

    /** Numbers from the seed given on the command line, else from a fresh one. */
    public static Random random() {
        long seed = Long.getLong(PROPERTY, ThreadLocalRandom.current().nextInt());
        StackFrame caller =
                StackWalker.getInstance().walk(frames -> frames.skip(1).findFirst().orElseThrow());
        String test = caller.getClassName().substring(caller.getClassName().lastIndexOf('.') + 1);
        System.out.printf(
                Locale.ROOT,
                "%s: seed=%d, repeat with: mvn -pl store test -Dtest=%s -D%s=%d%n",
                test,
                seed,
                test,
                PROPERTY,
                seed);
        return new Random(seed);
    }
}
