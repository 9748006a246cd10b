package io.ddict.manager.system;

import java.util.List;
import java.util.concurrent.atomic.AtomicReference;

/*
 * The role runs in a daemon thread, and this process ends when it is done or when the pipe from the
 * parent ends, whichever comes first: a child that hangs cannot outlive its test.
 */

/** Entry point of child processes: the name of a {@link Role}, and its arguments. */
public final class ChildMain {
    private ChildMain() {}

    /** Runs the role. */
    public static void main(String[] arguments) throws Exception {
        List<String> words = List.of(arguments);
        Role role = Class.forName(words.get(0))
                .asSubclass(Role.class)
                .getDeclaredConstructor()
                .newInstance();
        Parent parent = new Parent();
        AtomicReference<Throwable> failure = new AtomicReference<>();
        Thread.ofPlatform().daemon().name("parent").start(parent::listen);
        Thread.ofPlatform().daemon().name("role").start(() -> {
            try {
                role.run(parent, words.subList(1, words.size()));
            } catch (Throwable e) {
                failure.set(e);
            } finally {
                parent.end();
            }
        });
        parent.awaitEnd();
        if (failure.get() != null) {
            throw new IllegalStateException("role failed: role=" + words.get(0), failure.get());
        }
    }
}
