package io.ddict.manager.system;

import io.ddict.client.DDict;
import java.util.List;

/**
 * A client that writes at a checkpoint and stays there: at 0, or at the one that its second argument
 * names, in which case the write is one that has to wait.
 */
final class CheckpointRole implements Role {
    @Override
    public void run(Parent parent, List<String> arguments) {
        DDict<String, Object> dict = DDict.attach(arguments.getFirst());
        if (arguments.size() == 1) {
            dict.put("child", 1L);
            parent.say("written");
        } else {
            dict.checkpointId(Long.parseLong(arguments.get(1)));
            parent.say("waiting");
            dict.put("child", 1L);
        }
        String _ = parent.await();
    }
}
