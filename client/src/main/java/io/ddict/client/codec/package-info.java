/**
 * How keys and values become bytes and come back.
 *
 * <p>Terms:
 * <dl>
 * <dt>value</dt><dd>what a key leads to; its bytes need only lead back to an equal value.</dd>
 * <dt>key</dt><dd>what a value is found by; equal keys must have equal bytes, so only types with
 * <em>canonical bytes</em> can be keys, and decimal numbers are normalised first.</dd>
 * <dt>tag</dt><dd>one byte beside the bytes of a key or value that names their form; a key is its
 * tag and its bytes, so {@code 1}, {@code 1L} and {@code "1"} are three keys.</dd>
 * <dt>codec</dt><dd>turns values of one family into bytes; known by its tag.</dd>
 * <dt>object codec</dt><dd>the codec of records, enums, other classes and collections (Apache
 * Fory), loaded when the first such value comes by, because loading it costs more than the rest of
 * a client's start.</dd>
 * <dt>allow-list</dt><dd>the user's classes that bytes may turn into; they travel by name, so all
 * processes list the classes they share, in any order.</dd>
 * <dt>scratch</dt><dd>a growing heap array of one thread, where a codec leaves bytes between asking
 * for their length and writing them.</dd>
 * </dl>
 *
 * <p>Codecs and {@link io.ddict.client.codec.Codecs} belong to all threads. A
 * {@link io.ddict.client.codec.Scratch} and a {@link io.ddict.client.codec.KeyBytes} belong to one
 * thread at a time. Bytes from outside are never trusted: a length is checked against the bytes at
 * hand before anything is allocated for it, and what makes no sense is a
 * {@link io.ddict.client.codec.CodecException}. All numbers are little-endian, so that files and
 * messages mean the same everywhere.
 */
@NullMarked
package io.ddict.client.codec;

import org.jspecify.annotations.NullMarked;
