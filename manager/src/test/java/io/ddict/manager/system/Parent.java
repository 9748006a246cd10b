package io.ddict.manager.system;

import java.io.BufferedReader;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;

/** The test's process, as a child sees it: lines on the standard streams. */
public final class Parent {
    private final BlockingQueue<String> commands = new LinkedBlockingQueue<>();
    private final CountDownLatch over = new CountDownLatch(1);
    private final FileOutputStream output = new FileOutputStream(FileDescriptor.out);

    Parent() {}

    /** Says a line; it is in the pipe when this returns, whatever happens to this process. */
    public void say(String line) {
        write((line + "\n").getBytes(StandardCharsets.UTF_8));
    }

    /** Writes bytes in one piece, at most a page. */
    public void write(byte[] bytes) {
        try {
            output.write(bytes);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The next line that the parent says. */
    public String await() {
        try {
            return commands.take();
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    /** The next line if there is one, else null. */
    public String poll() {
        return commands.poll();
    }

    void listen() {
        BufferedReader reader =
                new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        try {
            for (String line = reader.readLine(); line != null; line = reader.readLine()) {
                commands.add(line);
            }
        } catch (IOException e) {
            // As good as the end of the pipe: the parent is gone.
        } finally {
            end();
        }
    }

    void end() {
        over.countDown();
    }

    void awaitEnd() throws InterruptedException {
        over.await();
    }
}
