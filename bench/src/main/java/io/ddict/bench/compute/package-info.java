/**
 * What the compute side costs: starts of processes, maps over pools of workers, queues between processes.
 * Each is measured beside other systems in one run, in rounds by turns, and its results are compared with
 * what they must be. Everything runs on the thread of the command; workers and takers are processes.
 */
@NullMarked
package io.ddict.bench.compute;

import org.jspecify.annotations.NullMarked;
