/**
 * The class path of a program on nodes that do not have it. Its <i>entries</i>, jars and folders, are known
 * by their <i>content</i>: a hash, which is computed once for as long as the files stay as they are. A folder
 * travels as a jar, the same bytes for the same files. A node service is asked where it has an entry, and is
 * sent in pieces what it lacks.
 */
@NullMarked
package io.ddict.client.classes;

import org.jspecify.annotations.NullMarked;
