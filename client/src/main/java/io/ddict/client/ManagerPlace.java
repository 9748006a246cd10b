package io.ddict.client;

import java.nio.file.Path;

/**
 * Where one manager of a dictionary is.
 *
 * @param manager its number, from 0
 * @param node name of the machine that it runs on
 * @param processId of the node service that it is a thread of, on that machine
 * @param poolDirectory of its memory pool, on that machine
 * @param isLocal whether this process reads its pool in place, without asking anybody
 */
public record ManagerPlace(
        int manager, String node, long processId, Path poolDirectory, boolean isLocal) {}
