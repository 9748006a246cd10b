package io.ddict.client.protocol;

import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.util.List;
import java.util.Map;

/**
 * A process that a node service is to start.
 *
 * @param key the client's name for it in pushes; chosen before the start, as output may come before
 *     the answer
 * @param name name within the cluster; empty for a generated one
 * @param command the executable and its arguments
 * @param directory working directory, absolute
 * @param isDirectoryNeeded whether it must be there; if not, the folder for temporary files does as well
 * @param environment all of it
 * @param input where its standard input comes from
 * @param output where its standard output goes to
 * @param errors where its standard error goes to
 * @param cpus numbers of the CPUs that it may run on; none for all
 * @param gpus numbers of the GPUs that it is meant to use; the environment tells it
 * @param rank what it is in an MPI group
 * @param task what a Java process asks for when it has started; empty for others
 */
@SuppressWarnings("ArrayRecordComponent") // Compared by nobody.
public record ProcessOrder(
        long key,
        String name,
        List<String> command,
        String directory,
        boolean isDirectoryNeeded,
        Map<String, String> environment,
        Target input,
        Target output,
        Target errors,
        List<Integer> cpus,
        List<Integer> gpus,
        Rank rank,
        byte[] task) {
    /** Bytes of a stream that are on their way to a client at most. */
    public static final int WINDOW = 256 << 10;

    /** Longest result or failure that a Java process reports, in bytes. */
    public static final int REPORT_LENGTH_MAX = 256 << 10;

    /** Environment variable that tells a process its own number. */
    public static final String NUMBER_VARIABLE = "DDICT_PROCESS";

    /** What is at the other end of a standard stream; append only. */
    public enum End {
        /** The program that started the process: its own output. */
        LAUNCHER,
        /** The program that started the process: a stream that it reads or writes. */
        PIPE,
        /** A file, appended to. */
        FILE,
        /** Nothing. */
        NOTHING,
        /** Of standard error: standard output. */
        OUTPUT;

        private static final End[] VALUES = values();
    }

    /**
     * The other end of a standard stream.
     *
     * @param file absolute or in the working directory; empty if it is none
     */
    public record Target(End end, String file) {
        /** Writes it. */
        void write(DataOutputStream out) throws IOException {
            out.writeByte(end.ordinal());
            Fields.writeText(out, file);
        }

        /** Reads it. */
        static Target read(DataInputStream in) throws IOException {
            return new Target(End.VALUES[in.readByte()], Fields.readText(in));
        }

        /** Whether the service passes on what goes through. */
        public boolean isPassedOn() {
            return end == End.LAUNCHER || end == End.PIPE;
        }
    }

    /**
     * A rank of an MPI group.
     *
     * @param group the client's key of the group
     * @param number the rank; -1 for a process that is none
     */
    public record Rank(long group, int number) {
        /** Of a process that is none. */
        public static final Rank NONE = new Rank(-1, -1);

        /** Whether it is no rank. */
        public boolean isNone() {
            return number < 0;
        }
    }

    /** Writes it. */
    public void write(DataOutputStream out) throws IOException {
        out.writeLong(key);
        Fields.writeText(out, name);
        Fields.writeTexts(out, command);
        Fields.writeText(out, directory);
        out.writeBoolean(isDirectoryNeeded);
        Fields.writeMap(out, environment);
        input.write(out);
        output.write(out);
        errors.write(out);
        Fields.writeNumbers(out, cpus);
        Fields.writeNumbers(out, gpus);
        out.writeLong(rank.group());
        out.writeInt(rank.number());
        Fields.writeBytes(out, task);
    }

    /** Reads it. */
    public static ProcessOrder read(DataInputStream in) throws IOException {
        return new ProcessOrder(
                in.readLong(), Fields.readText(in), Fields.readTexts(in), Fields.readText(in),
                in.readBoolean(), Fields.readMap(in), Target.read(in), Target.read(in),
                Target.read(in),
                Fields.readNumbers(in), Fields.readNumbers(in),
                new Rank(in.readLong(), in.readInt()), Fields.readBytes(in));
    }
}
