package io.ddict.pool.sync;

import java.io.Serializable;
import java.util.Objects;

/** What is found by its kind and name in its cluster; travels as these three. */
abstract class Named implements Serializable {
    private static final long serialVersionUID = 1L;

    private final String cluster;
    private final String kind;
    private final String name;
    private transient volatile SyncSpace space;

    Named(String kind, String name) {
        Objects.requireNonNull(name, "name");
        if (name.isEmpty()) {
            throw new IllegalArgumentException(kind + " without a name");
        }
        this.space = SyncSpace.home();
        this.cluster = space.cluster();
        this.kind = kind;
        this.name = name;
    }

    /** Its name; processes that give the same name share it. */
    public final String name() {
        return name;
    }

    /** Removes its state, for all: it is as new for whoever uses it after that. */
    public void destroy() {
        Object _ = space().dict().remove(key());
    }

    /** Its key in the dictionary. */
    final String key() {
        return kind + ":" + name;
    }

    /** What threads of this process share by. */
    final String globalKey() {
        return cluster + "/" + key();
    }

    final SyncSpace space() {
        SyncSpace known = space;
        if (known == null) {
            known = SyncSpace.of(cluster);
            space = known;
        }
        return known;
    }

    @Override
    public String toString() {
        return kind + " " + name;
    }
}
