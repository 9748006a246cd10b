/** Files and directories as a whole, whoever they are of. */
@NullMarked
package io.ddict.manager.files;

import org.jspecify.annotations.NullMarked;
