package io.ddict.manager.system;

import io.ddict.client.ByteSize;
import io.ddict.client.Cluster;
import io.ddict.client.DDict;
import io.ddict.client.DDictConfig;
import java.util.List;

/** Makes a dictionary, which stays when this ends. Arguments: cluster, name, nodes. */
final class NewDictionaryRole implements Role {
    @Override
    public void run(Parent parent, List<String> arguments) {
        int nodes = Integer.parseInt(arguments.get(2));
        DDictConfig config = DDictConfig.builder()
                .name(arguments.get(1))
                .nodes(nodes)
                .managersPerNode(1)
                .totalMemory(ByteSize.mib(16L * nodes))
                .build();
        try (Cluster cluster = Cluster.connect(arguments.get(0));
                DDict<String, Long> _ = cluster.create(config)) {
            parent.say("made");
        }
    }
}
