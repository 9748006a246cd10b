package io.ddict.manager.system;

import io.ddict.client.ByteSize;
import io.ddict.client.DDict;
import io.ddict.client.DDictConfig;
import java.util.List;

/** Makes an embedded dictionary, tells its handle, and ends in the way it is told. */
final class CreatorRole implements Role {
    @Override
    public void run(Parent parent, List<String> arguments) throws Exception {
        DDict<String, String> dict =
                DDict.create(DDictConfig.builder().totalMemory(ByteSize.mib(16)).build());
        dict.put("key", "value");
        parent.say("handle " + dict.serialize());
        switch (parent.await()) {
            case "close" -> dict.close();
            // By reflection: tests may not call it, but this is a user's program.
            case "exit" -> System.class.getMethod("exit", int.class).invoke(null, 7);
            case "throw" -> throw new IllegalStateException("as told");
            default -> {}
        }
    }
}
