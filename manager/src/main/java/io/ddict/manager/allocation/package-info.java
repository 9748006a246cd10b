/**
 * The machines that a user has been given, by a batch system or a list of hosts, and how a command is
 * started on them.
 *
 * <p>Nothing here is a daemon of ours: we drive what the site has, {@code srun}, {@code ssh}, or a command
 * of the user's. Each command that is started holds a pipe to this process as its standard input: its first
 * line is the cluster's secret, and its end, however it comes about, ends what was started.
 */
@NullMarked
package io.ddict.manager.allocation;

import org.jspecify.annotations.NullMarked;
