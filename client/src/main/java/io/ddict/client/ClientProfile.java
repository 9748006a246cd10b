package io.ddict.client;

import java.util.List;

/**
 * What the calls of one attachment met, in all threads of this process, since it attached.
 *
 * @param name name of the dictionary
 * @param managers one element per manager that the handle goes to
 */
public record ClientProfile(String name, List<Manager> managers) {
    /**
     * The calls to one manager.
     *
     * @param manager its number
     * @param reads get, getVersioned, view, containsKey
     * @param writes put, putPersistent
     * @param requests calls that the manager answers: conditional writes, removals, getAndAdd
     * @param refused calls that were refused: full, frozen, retired, future, or time over
     */
    public record Manager(
            int manager, CallTimes reads, CallTimes writes, CallTimes requests, long refused) {}
}
