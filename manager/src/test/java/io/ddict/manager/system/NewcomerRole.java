package io.ddict.manager.system;

import io.ddict.client.ByteSize;
import io.ddict.client.Cluster;
import io.ddict.client.DDict;
import io.ddict.client.DDictConfig;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/**
 * When told, makes a dictionary as soon as its name is free, and when told destroys it. Arguments: cluster,
 * name.
 */
final class NewcomerRole implements Role {
    private static final Duration PATIENCE = Duration.ofSeconds(20);

    @Override
    public void run(Parent parent, List<String> arguments) {
        try (Cluster cluster = Cluster.connect(arguments.get(0))) {
            parent.say("ready");
            String _ = parent.await();
            List<DDict<String, String>> made = new ArrayList<>();
            Await.until(
                    PATIENCE, () -> "the name is free",
                    () -> made.addAll(tryCreate(cluster, arguments.get(1))));
            try (DDict<String, String> dict = made.getFirst()) {
                dict.put("key", "new");
                parent.say("made");
                String _ = parent.await();
                dict.destroy();
                parent.say("destroyed");
            }
        }
    }

    private static List<DDict<String, String>> tryCreate(Cluster cluster, String name) {
        try {
            return List.of(
                    cluster.create(
                            DDictConfig.builder().name(name).totalMemory(ByteSize.mib(8)).build()));
        } catch (IllegalArgumentException e) {
            return List.of();
        }
    }
}
