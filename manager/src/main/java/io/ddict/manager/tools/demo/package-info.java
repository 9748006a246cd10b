/**
 * The main job of {@code ddict demo}: several processes read a set of files into a dictionary, take
 * them from there, and write back an inverted index that queries are then answered from.
 *
 * <p>Terms: a <em>source</em> is a folder or an archive, its <em>files</em> are numbered in the order
 * of its list; a <em>stage</em> is done by processes started for it alone; a <em>chunk</em> is a run of
 * file numbers that one process takes at a time; a <em>partition</em> holds the words of some hashes;
 * <em>postings</em> are pairs of file number and occurrences.
 *
 * <p>The processes share nothing but the dictionary: their work, their progress and their reports go
 * through it too. They are plain clients, without JVM flags and without the node service's libraries,
 * so a class that a stage uses must not either.
 */
@NullMarked
package io.ddict.manager.tools.demo;

import org.jspecify.annotations.NullMarked;
