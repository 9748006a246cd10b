/**
 * A JCache (JSR 107) provider: each cache is a dictionary, which other processes share.
 *
 * <p>Terms:
 * <dl>
 * <dt>stored value</dt><dd>what the dictionary has under a key: when it expires, and the encoded value,
 * see {@link io.ddict.jcache.StoredValue}.</dd>
 * <dt>change</dt><dd>what an operation wants to do to an entry, decided from what it found there.</dd>
 * <dt>attempt</dt><dd>finding an entry, deciding, and storing on condition that nobody came between; an
 * operation takes as many as it needs, which is what makes it atomic across processes.</dd>
 * <dt>outcome</dt><dd>what an operation found, and whether it changed it.</dd>
 * <dt>sweep</dt><dd>looking at some entries for such as have expired; done by those who store.</dd>
 * </dl>
 *
 * <p>All of it may be used by any thread. Threads of one process that change the same key take
 * turns ({@link io.ddict.jcache.KeyLocks}), so that writers, loaders and listeners see changes in
 * order; between processes there are no locks. Nothing here knows the memory pool: it is a layer
 * over {@link io.ddict.client.DDict}.
 */
@NullMarked
package io.ddict.jcache;

import org.jspecify.annotations.NullMarked;
