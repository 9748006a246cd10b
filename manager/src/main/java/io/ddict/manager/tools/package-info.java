/**
 * The {@code ddict} command: one class per sub-command, each of which connects to a running cluster as
 * any client would, does one thing and ends with an exit code that scripts can rely on.
 *
 * <p>Terms: a <em>cluster</em> is one running node service of this user, known by its name; a
 * <em>readable form</em> is how a value of any type is printed. Everything here runs on the process's
 * main thread.
 */
@NullMarked
package io.ddict.manager.tools;

import org.jspecify.annotations.NullMarked;
