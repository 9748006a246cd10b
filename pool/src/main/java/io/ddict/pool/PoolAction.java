package io.ddict.pool;

import java.io.Serializable;

/** A task for a worker that has no result: a {@code Runnable} that travels. */
@FunctionalInterface
public interface PoolAction extends Runnable, Serializable {}
