package io.ddict.manager.tools.demo;

import io.ddict.client.ManagerLostException;
import io.ddict.client.node.NodeConnection;
import io.ddict.client.protocol.ProcessEntry;
import io.ddict.client.protocol.ProcessOrder;
import io.ddict.client.protocol.ProcessOrder.End;
import io.ddict.client.protocol.ProcessOrder.Target;
import io.ddict.client.protocol.Request;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** A process of a stage, seen from the parent. It ends with the parent, whatever way that ends. */
final class StageProcess implements AutoCloseable {
    private static final int OUTPUT_LENGTH_MAX = 1 << 16;
    private static final Duration START_TIMEOUT = Duration.ofSeconds(60);
    private static final Duration END_TIMEOUT = Duration.ofSeconds(10);
    private static final int OUTPUT = 0;
    private static final int SIGKILL = 9;

    private final NodeConnection service;
    private final String host;
    private final Stage stage;
    private final int number;
    private final CompletableFuture<Integer> exitCode = new CompletableFuture<>();
    private final CompletableFuture<Long> process = new CompletableFuture<>();
    // Guarded by itself.
    private final ByteArrayOutputStream output = new ByteArrayOutputStream();
    private final CompletableFuture<Void> outputEnd = new CompletableFuture<>();

    StageProcess(NodeConnection service, String host, Stage stage, int number) {
        this.service = service;
        this.host = host;
        this.stage = stage;
        this.number = number;
    }

    /** Name of the machine that it runs on. */
    String host() {
        return host;
    }

    /** Starts it; the service will tell of it by this key. */
    void start(long key, String handle) {
        ProcessOrder order = new ProcessOrder(
                key, "", command(handle), Path.of("").toAbsolutePath().toString(), true,
                System.getenv(), new Target(End.NOTHING, ""), new Target(End.PIPE, ""),
                new Target(End.OUTPUT, ""), List.of(), List.of(), ProcessOrder.Rank.NONE,
                new byte[0]);
        try (DataInputStream answer =
                service.call(Request.PROCESS_START, START_TIMEOUT, order::write)) {
            process.complete(ProcessEntry.read(answer).number());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private List<String> command(String handle) {
        return List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-cp", ClientClassPath.text(), StageMain.class.getName(), stage.name(),
                Integer.toString(number), handle);
    }

    /**
     * Waits for its end, but not long.
     *
     * @return whether it ended
     * @throws StageFailedException if it failed
     */
    boolean awaitEnd(long timeoutMs) throws InterruptedException {
        try {
            int code = exitCode.get(timeoutMs, TimeUnit.MILLISECONDS);
            if (code != 0) {
                outputEnd.get(END_TIMEOUT.toMillis(), TimeUnit.MILLISECONDS);
                throw new StageFailedException(
                        "process of the demo failed: stage=" + stage.text() + ", process="
                                + number + ", exitCode=" + code + "; it said:",
                        StageMain.statusOf(code), text());
            }
            return true;
        } catch (TimeoutException e) {
            return false;
        } catch (ExecutionException e) {
            throw new ManagerLostException(
                    "process of the demo is lost: stage=" + stage.text() + ", process=" + number
                            + ", host=" + host);
        }
    }

    /** It wrote something, or, if that is nothing, has written all. */
    void said(byte[] piece) {
        if (piece.length == 0) {
            outputEnd.complete(null);
            return;
        }
        synchronized (output) {
            output.write(piece, 0, Math.min(piece.length, OUTPUT_LENGTH_MAX - output.size()));
        }
        // The service sends on only as much as was acknowledged. This thread must not wait for it.
        var _ = process.thenAcceptAsync(known -> service.tell(Request.PROCESS_CREDIT, out -> {
            out.writeLong(known);
            out.writeByte(OUTPUT);
            out.writeInt(piece.length);
        }));
    }

    void ended(int code) {
        exitCode.complete(code);
    }

    void lost(ManagerLostException cause) {
        exitCode.completeExceptionally(cause);
        outputEnd.complete(null);
    }

    private String text() {
        synchronized (output) {
            return output.toString(StandardCharsets.UTF_8);
        }
    }

    /** Ends it if it still runs. */
    @Override
    public void close() {
        if (exitCode.isDone() || !process.isDone()) {
            return;
        }
        try (DataInputStream answer = service.call(Request.PROCESS_SIGNAL, out -> {
            out.writeLong(process.join());
            out.writeInt(SIGKILL);
        })) {
            assert answer != null;
            exitCode.get(END_TIMEOUT.toMillis(), TimeUnit.MILLISECONDS);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (ExecutionException | TimeoutException e) {
            // Its service is gone, and takes it along, or does so later.
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
