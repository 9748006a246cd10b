package io.ddict.pool;

import io.ddict.client.protocol.Fields;
import io.ddict.client.protocol.ProcessOrder;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.NotSerializableException;
import java.io.ObjectInputStream;
import java.io.ObjectOutputStream;
import java.io.UncheckedIOException;
import org.jspecify.annotations.Nullable;

/*
 * A byte that says which, then a result as Java serialization writes it, or a failure: class, text,
 * frames, and whether a cause follows.
 */

/** What a Java process says of its own end. */
final class Report {
    private static final byte RESULT = 0;
    private static final byte FAILURE = 1;

    // A recursion that overflowed its stack has a thousand frames and more that say the same.
    private static final int FRAMES_MAX = 256;
    private static final int CAUSES_MAX = 8;
    private static final int TEXT_LENGTH_MAX = 4_000;

    private Report() {}

    static byte[] ofResult(@Nullable Object result) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        bytes.write(RESULT);
        bytes.write(serialized(result));
        if (bytes.size() > ProcessOrder.REPORT_LENGTH_MAX) {
            throw new IllegalStateException(
                    "result too long: length=" + bytes.size() + "B, lengthMax="
                            + ProcessOrder.REPORT_LENGTH_MAX
                            + "B; put it into a dictionary, and return its key");
        }
        return bytes.toByteArray();
    }

    static byte[] ofFailure(Throwable failure) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (DataOutputStream out = new DataOutputStream(bytes)) {
            out.writeByte(FAILURE);
            writeFailure(out, failure, CAUSES_MAX);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return bytes.toByteArray();
    }

    private static void writeFailure(DataOutputStream out, Throwable failure, int causesLeft)
            throws IOException {
        Fields.writeText(out, failure.getClass().getName());
        String text = String.valueOf(failure.getMessage());
        Fields.writeText(out, text.substring(0, Math.min(text.length(), TEXT_LENGTH_MAX)));
        StackTraceElement[] trace = failure.getStackTrace();
        int frames = Math.min(trace.length, FRAMES_MAX);
        out.writeInt(frames);
        for (int i = 0; i < frames; i++) {
            Fields.writeText(out, trace[i].getClassName());
            Fields.writeText(out, trace[i].getMethodName());
            Fields.writeText(out, String.valueOf(trace[i].getFileName()));
            out.writeInt(trace[i].getLineNumber());
        }
        Throwable cause = failure.getCause();
        boolean follows = cause != null && causesLeft > 0;
        out.writeBoolean(follows);
        if (cause != null && follows) {
            writeFailure(out, cause, causesLeft - 1);
        }
    }

    /** The failure that was reported; null if there is none. */
    static @Nullable RemoteFailure failure(byte[] report) {
        if (report.length == 0 || report[0] != FAILURE) {
            return null;
        }
        try (DataInputStream in = new DataInputStream(new ByteArrayInputStream(report))) {
            in.skipNBytes(1);
            return readFailure(in);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static RemoteFailure readFailure(DataInputStream in) throws IOException {
        String className = Fields.readText(in);
        String message = Fields.readText(in);
        StackTraceElement[] trace = new StackTraceElement[in.readInt()];
        for (int i = 0; i < trace.length; i++) {
            trace[i] = new StackTraceElement(
                    Fields.readText(in), Fields.readText(in), Fields.readText(in), in.readInt());
        }
        RemoteFailure failure = new RemoteFailure(className, className + ": " + message, trace);
        if (in.readBoolean()) {
            Throwable _ = failure.initCause(readFailure(in));
        }
        return failure;
    }

    /** Whether a result was reported. */
    static boolean hasResult(byte[] report) {
        return report.length > 0 && report[0] == RESULT;
    }

    static @Nullable Object result(byte[] report) throws IOException, ClassNotFoundException {
        return deserialized(report, 1);
    }

    /**
     * The object's bytes.
     *
     * @throws NotSerializableException naming the class that cannot travel
     */
    static byte[] serialized(@Nullable Object object) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (ObjectOutputStream out = new ObjectOutputStream(bytes)) {
            out.writeObject(object);
        }
        return bytes.toByteArray();
    }

    static @Nullable Object deserialized(byte[] bytes, int offset)
            throws IOException, ClassNotFoundException {
        try (ObjectInputStream in = new ObjectInputStream(
                new ByteArrayInputStream(bytes, offset, bytes.length - offset))) {
            return in.readObject();
        }
    }
}
