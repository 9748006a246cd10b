package io.ddict.manager.system;

import io.ddict.client.DDict;
import java.util.List;

/** Copies one dictionary into another, and tells how many entries it copied. */
final class CopyRole implements Role {
    @Override
    public void run(Parent parent, List<String> arguments) {
        try (DDict<Integer, byte[]> from = DDict.attach(arguments.get(0));
                DDict<Integer, byte[]> to = DDict.attach(arguments.get(1))) {
            parent.say("copied " + from.copyTo(to));
        }
    }
}
