package io.ddict.manager.launch;

import io.ddict.client.protocol.ProcessOrder;
import java.io.IOException;
import java.io.InputStream;

/*
 * What a process writes goes to the client in pieces, as long as the client has room: it starts with a
 * window, and gives back what it has used. Without room nothing is read, so the pipe fills up and the
 * process waits, as it would for any reader; neither this service nor the client's session does.
 *
 * Reading a pipe blocks a thread of the operating system, so each stream has one, with a small stack.
 */

/** Passes one stream of a process on to its client. */
final class OutputPump implements Runnable {
    private static final int PIECE_LENGTH = 32 << 10;
    private static final long STACK_LENGTH = 128 << 10;

    private final InputStream input;
    private final Sink sink;
    private final Thread thread;
    private int credit = ProcessOrder.WINDOW;
    private boolean discards;

    private OutputPump(String name, InputStream input, Sink sink) {
        this.input = input;
        this.sink = sink;
        this.thread = Thread.ofPlatform().daemon().name(name).stackSize(STACK_LENGTH)
                .unstarted(this);
    }

    static OutputPump start(String name, InputStream input, Sink sink) {
        OutputPump pump = new OutputPump(name, input, sink);
        pump.thread.start();
        return pump;
    }

    /** Gives room for more. */
    synchronized void credit(int bytes) {
        credit = Math.clamp((long) credit + bytes, 0, ProcessOrder.WINDOW);
        notifyAll();
    }

    /** Throws away what comes from now on: the client is gone, and the process not to wait for it. */
    synchronized void discard() {
        discards = true;
        notifyAll();
    }

    /** Whether the stream has ended. */
    boolean hasEnded() {
        return !thread.isAlive();
    }

    /** Waits some time for the end of the stream. */
    void awaitEnd(long timeoutMs) {
        try {
            thread.join(timeoutMs);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    @Override
    public void run() {
        byte[] piece = new byte[PIECE_LENGTH];
        try {
            for (int read = input.read(piece, 0, room()); read >= 0; read =
                    input.read(piece, 0, room())) {
                pass(piece, read);
            }
        } catch (IOException e) {
            // The process was killed, and its pipe closed in whatever state.
        }
        pass(piece, 0);
    }

    private synchronized int room() {
        try {
            while (credit == 0 && !discards) {
                wait();
            }
        } catch (InterruptedException e) {
            discards = true;
        }
        return discards ? PIECE_LENGTH : Math.min(credit, PIECE_LENGTH);
    }

    private void pass(byte[] piece, int length) {
        synchronized (this) {
            if (discards) {
                return;
            }
            credit -= length;
        }
        sink.take(piece, length);
    }

    /** Takes the pieces; one without bytes is the end. */
    interface Sink {
        /** Takes one; the array is used again afterwards. */
        void take(byte[] piece, int length);
    }
}
