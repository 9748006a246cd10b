package io.ddict.manager.system;

import io.ddict.client.DDict;
import io.ddict.client.DDictException;
import io.ddict.client.ManagerLostException;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.locks.LockSupport;

/**
 * Uses a dictionary that another process made, in several threads that each do one thing, until all of
 * them failed; tells when each did and with what.
 */
final class AttachedRole implements Role {
    private static final long PAUSE_NS = 500_000;

    @Override
    public void run(Parent parent, List<String> arguments) throws Exception {
        DDict<String, Object> dict = DDict.attach(arguments.getFirst());
        parent.say("value " + dict.get("key"));
        Map<String, Runnable> uses = new HashMap<>();
        uses.put("get", () -> dict.get("key"));
        uses.put("put", () -> dict.put("other", "value"));
        uses.put("putLarge", () -> dict.put("large", new byte[50_000]));
        uses.put("getAndAdd", () -> dict.getAndAdd("counter", 1));
        uses.put("awaitValue", () -> dict.awaitValue("key", "never", Duration.ofMinutes(5)));
        uses.put("size", dict::size);
        uses.put("keys", () -> dict.keys().forEach(key -> {}));
        uses.forEach((name, use) -> Thread.ofPlatform().daemon().name(name).start(() -> {
            try {
                while (true) {
                    use.run();
                    // As a program does that has something else to do as well.
                    LockSupport.parkNanos(PAUSE_NS);
                }
            } catch (RuntimeException e) {
                parent.say("ended " + System.nanoTime() + " " + name + " " + e);
            }
        }));
        parent.say("uses " + uses.size());
        parent.await();
        try {
            dict.put("key", "after the end");
            parent.say("stored");
        } catch (ManagerLostException e) {
            parent.say("refused " + e.getMessage());
        }
        try {
            DDict<String, Object> again = DDict.attach(arguments.getFirst());
            parent.say("attached " + again.get("key"));
        } catch (DDictException e) {
            parent.say("refused " + e);
        }
        dict.close();
    }
}
