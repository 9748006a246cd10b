package io.ddict.manager.system;

import io.ddict.client.DDict;
import io.ddict.client.SharedCounter;
import io.ddict.client.SharedQueue;
import java.time.Duration;
import java.util.List;

/**
 * A client that takes a permit of the counter "permits", or items of queue 7 that it does not
 * acknowledge, or waits for one of them; and then stays.
 */
final class CoordinationRole implements Role {
    private static final Duration LONG = Duration.ofSeconds(60);

    @Override
    public void run(Parent parent, List<String> arguments) throws Exception {
        DDict<String, Object> dict = DDict.attach(arguments.getFirst());
        SharedQueue<Object> queue = SharedQueue.of(dict, 7, SharedQueue.UNBOUNDED);
        switch (arguments.get(1)) {
            case "permit" -> {
                long _ = SharedCounter.of(dict, "permits").addWithin(-1, 0, 9, 1, LONG);
            }
            case "take" -> {
                for (int left = Integer.parseInt(arguments.get(2)); left > 0; left--) {
                    int _ = queue.take(1, LONG).size();
                }
            }
            case "wait" -> {
                parent.say("has");
                int _ = queue.take(1, LONG).size();
            }
            default -> throw new IllegalArgumentException(arguments.get(1));
        }
        parent.say("has");
        String _ = parent.await();
    }
}
