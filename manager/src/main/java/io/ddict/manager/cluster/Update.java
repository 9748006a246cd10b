package io.ddict.manager.cluster;

import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What somebody who knows an older state lacks.
 *
 * @param whole the state, for who knows too little
 * @param changes else the changes since, in order
 */
record Update(@Nullable ClusterState whole, List<Change> changes) {
    /** Of who knows the newest. */
    static final Update NONE = new Update(null, List.of());

    /** The newer of what was known and what this leads to. */
    ClusterState appliedTo(ClusterState known) {
        if (whole != null) {
            return whole.version() > known.version() ? whole : known;
        }
        ClusterState state = known;
        for (Change each : changes) {
            if (each.version() == state.version() + 1) {
                state = state.with(each);
            }
        }
        return state;
    }

    /** Writes it. */
    void write(DataOutputStream out) throws IOException {
        out.writeBoolean(whole != null);
        if (whole != null) {
            whole.write(out);
        } else {
            out.writeInt(changes.size());
            for (Change each : changes) {
                each.write(out);
            }
        }
    }

    /** Reads it. */
    static Update read(DataInputStream in) throws IOException {
        if (in.readBoolean()) {
            return new Update(ClusterState.read(in), List.of());
        }
        List<Change> changes = new ArrayList<>();
        for (int left = in.readInt(); left > 0; left--) {
            changes.add(Change.read(in));
        }
        return new Update(null, changes);
    }
}
