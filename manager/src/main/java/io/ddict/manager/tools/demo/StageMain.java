package io.ddict.manager.tools.demo;

import io.ddict.client.DDictException;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/** What a process of a stage runs. Its arguments: stage, number of the process, handle. */
final class StageMain {
    private static final int FAILURE = 1;

    // 16 + status: a refusal of the dictionary. Below the 128 of signals, above the JVM's own codes.
    private static final int REFUSED = 16;

    private StageMain() {}

    static void main(String[] arguments) {
        Stage stage = Stage.valueOf(arguments[0]);
        int process = Integer.parseInt(arguments[1]);
        try (Workspace workspace = Workspace.attach(arguments[2])) {
            workspace.putReport(stage, process, stage.run(workspace));
            workspace.putPlace(stage, process);
        } catch (DDictException e) {
            System.err.println(e.getMessage());
            System.exit(REFUSED + e.status().ordinal());
        } catch (IOException e) {
            System.err.println(e);
            System.exit(FAILURE);
        }
    }

    /** The refusal that an exit code stands for, or null if it stands for something else. */
    static DDictException.@Nullable Status statusOf(int exitCode) {
        int ordinal = exitCode - REFUSED;
        DDictException.Status[] all = DDictException.Status.values();
        return ordinal >= 0 && ordinal < all.length ? all[ordinal] : null;
    }
}
