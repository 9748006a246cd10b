package io.ddict.pool;

import io.ddict.client.DDict;
import io.ddict.client.DDictFullException;
import io.ddict.client.SharedQueue;
import java.util.concurrent.locks.LockSupport;

/*
 * The dictionary of a pool holds two queues, one of tasks and one of results, and the functions that tasks
 * name. What is posted and does not fit waits: tasks take at most half of the memory, so that there is
 * always room for the result that lets one of them go.
 */

/** How a pool and its workers talk: by a dictionary of their own. */
record PoolChannels(
        DDict<Object, Object> dict, SharedQueue<byte[]> tasks, SharedQueue<byte[]> results) {
    private static final long TASKS = 1;
    private static final long RESULTS = 2;
    private static final long NAP_NS = 100_000;

    static PoolChannels over(DDict<Object, Object> dict) {
        return new PoolChannels(
                dict,
                SharedQueue.of(dict, TASKS, SharedQueue.UNBOUNDED),
                SharedQueue.of(dict, RESULTS, SharedQueue.UNBOUNDED));
    }

    static PoolChannels attach(String handle) {
        return over(DDict.attach(handle));
    }

    /** Posts a message, waiting for memory. */
    static void post(SharedQueue<byte[]> queue, byte[] message) {
        while (true) {
            try {
                queue.post(message);
                return;
            } catch (DDictFullException e) {
                LockSupport.parkNanos(NAP_NS);
            }
        }
    }
}
