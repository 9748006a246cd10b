package io.ddict.manager.system;

import static org.assertj.core.api.Assertions.assertThat;

import io.ddict.client.DDict;
import java.util.List;

/** A process that makes the calls that a test tells it: "anyone", where the contract says so. */
final class OtherProcess implements AutoCloseable {
    private static final List<String> FRUGAL =
            List.of("-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC");

    private final Machine machine;
    private final ChildProcess child;

    /** Starts it. */
    OtherProcess(Machine machine) {
        this.machine = machine;
        this.child = machine.start(FRUGAL, OtherRole.class);
    }

    /** What a call on a dictionary returned there, as text, or {@code refused} and its status. */
    String call(String call, DDict<?, ?> dict, Object... arguments) {
        begin(call, dict, arguments);
        return answer();
    }

    /** Begins a call, whose {@link #answer} is to be taken before the next one. */
    void begin(String call, DDict<?, ?> dict, Object... arguments) {
        StringBuilder line = new StringBuilder(call).append(' ').append(dict.serialize());
        for (Object argument : arguments) {
            line.append(' ').append(argument);
        }
        child.tell(line.toString());
    }

    /** What the call that was begun returned. */
    String answer() {
        return child.await("");
    }

    /** Lets it close all its handles. */
    void closeHandles() {
        child.tell("close");
        assertThat(answer()).isEqualTo("closed");
    }

    /** Kills it, instead of closing it. */
    void kill() {
        child.kill();
        child.awaitEnd();
        machine.forget(child);
    }

    @Override
    public void close() {
        child.tell("end");
        assertThat(child.awaitEnd()).isZero();
        machine.forget(child);
    }
}
