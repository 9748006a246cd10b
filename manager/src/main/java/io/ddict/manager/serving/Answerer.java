package io.ddict.manager.serving;

import io.ddict.store.pool.Status;

/** Answers the operation that is being applied, if it wants an answer. */
interface Answerer {
    /** Answers. */
    void answer(Link link, Status outcome, long first, long second);
}
