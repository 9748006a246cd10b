package io.ddict.manager.system;

import java.util.List;

/** What a child process does; made by its constructor without parameters. */
public interface Role {
    /** Runs until done; whatever it throws is told to the parent. */
    void run(Parent parent, List<String> arguments) throws Exception;
}
