/**
 * Examples: each class is a program by itself, for {@code ./ddict run}, and uses nothing but the public
 * interfaces of DDict. {@code docs/examples.md} lists them.
 */
package io.ddict.examples;
