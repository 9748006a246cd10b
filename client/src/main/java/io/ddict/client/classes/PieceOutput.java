package io.ddict.client.classes;

import io.ddict.client.node.NodeConnection;
import io.ddict.client.protocol.Request;
import java.io.DataInputStream;
import java.io.IOException;
import java.io.OutputStream;

/** Sends what is written to a node service in pieces, one after the other. Of one thread. */
final class PieceOutput extends OutputStream {
    // Half of the longest frame.
    private static final int PIECE_LENGTH = 512 << 10;

    private final NodeConnection service;
    private final long number;
    private final byte[] piece = new byte[PIECE_LENGTH];
    private int length;
    private boolean isComplete;

    PieceOutput(NodeConnection service, long number) {
        this.service = service;
        this.number = number;
    }

    @Override
    public void write(int oneByte) throws IOException {
        write(new byte[]{(byte) oneByte}, 0, 1);
    }

    @Override
    public void write(byte[] bytes, int offset, int count) throws IOException {
        int taken = 0;
        while (taken < count) {
            int part = Math.min(count - taken, PIECE_LENGTH - length);
            System.arraycopy(bytes, offset + taken, piece, length, part);
            length += part;
            taken += part;
            if (length == PIECE_LENGTH) {
                sendPiece();
            }
        }
    }

    private void sendPiece() throws IOException {
        try (DataInputStream answer = service.call(Request.CLASSES_PIECE, out -> {
            out.writeLong(number);
            out.writeInt(length);
            out.write(piece, 0, length);
        })) {
            assert answer.available() == 0;
        }
        length = 0;
    }

    /** Sends the rest, and has the service check the whole. */
    void complete() throws IOException {
        if (length > 0) {
            sendPiece();
        }
        isComplete = true;
        try (DataInputStream answer =
                service.call(Request.CLASSES_END, out -> out.writeLong(number))) {
            assert answer.available() == 0;
        }
    }

    /** Lets the service forget what it got, unless that was all. */
    @Override
    public void close() {
        if (!isComplete) {
            service.tell(Request.CLASSES_END, out -> out.writeLong(number));
        }
    }
}
