/**
 * The driver: starts client processes, lets them run the workload on one store after the other at the
 * same moments, and reports what they did.
 *
 * <p>Terms:
 * <dl>
 * <dt>parent</dt><dd>the process of {@link io.ddict.bench.driver.Main}: makes the stores, measures
 * nothing itself.</dd>
 * <dt>client</dt><dd>a process of {@link io.ddict.bench.driver.ClientMain}, told what to do by lines
 * on its standard input; it ends when that ends.</dd>
 * <dt>cell</dt><dd>one peer, one number of clients, one value length.</dd>
 * <dt>foreign CPU</dt><dd>CPUs that processes other than the benchmark's used meanwhile.</dd>
 * </dl>
 */
@NullMarked
package io.ddict.bench.driver;

import org.jspecify.annotations.NullMarked;
