package io.ddict.client.protocol;

import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Fields of frames that may be longer than what {@link DataOutputStream#writeUTF} takes. */
public final class Fields {
    private static final int LENGTH_GUESS = 256;

    private Fields() {}

    /** What a writer writes. */
    public static byte[] bytes(Frames.Writer writer) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream(LENGTH_GUESS);
        try {
            writer.write(new DataOutputStream(bytes));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return bytes.toByteArray();
    }

    /** Writes bytes behind their length. */
    public static void writeBytes(DataOutputStream out, byte[] bytes) throws IOException {
        out.writeInt(bytes.length);
        out.write(bytes);
    }

    /** Reads what {@link #writeBytes} wrote. */
    public static byte[] readBytes(DataInputStream in) throws IOException {
        return in.readNBytes(in.readInt());
    }

    /** Writes a text of any length. */
    public static void writeText(DataOutputStream out, String text) throws IOException {
        writeBytes(out, text.getBytes(StandardCharsets.UTF_8));
    }

    /** Reads what {@link #writeText} wrote. */
    public static String readText(DataInputStream in) throws IOException {
        return new String(readBytes(in), StandardCharsets.UTF_8);
    }

    /** Writes texts behind their number. */
    public static void writeTexts(DataOutputStream out, List<String> texts) throws IOException {
        out.writeInt(texts.size());
        for (String each : texts) {
            writeText(out, each);
        }
    }

    /** Reads what {@link #writeTexts} wrote. */
    public static List<String> readTexts(DataInputStream in) throws IOException {
        List<String> texts = new ArrayList<>();
        for (int left = in.readInt(); left > 0; left--) {
            texts.add(readText(in));
        }
        return List.copyOf(texts);
    }

    /** Writes a map of texts. */
    public static void writeMap(DataOutputStream out, Map<String, String> map)
            throws IOException {
        out.writeInt(map.size());
        for (Map.Entry<String, String> each : map.entrySet()) {
            writeText(out, each.getKey());
            writeText(out, each.getValue());
        }
    }

    /** Reads what {@link #writeMap} wrote. */
    public static Map<String, String> readMap(DataInputStream in) throws IOException {
        Map<String, String> map = new LinkedHashMap<>();
        for (int left = in.readInt(); left > 0; left--) {
            map.put(readText(in), readText(in));
        }
        return Map.copyOf(map);
    }

    /** Writes long numbers behind their number. */
    public static void writeLongs(DataOutputStream out, List<Long> numbers) throws IOException {
        out.writeInt(numbers.size());
        for (long each : numbers) {
            out.writeLong(each);
        }
    }

    /** Reads what {@link #writeLongs} wrote. */
    public static List<Long> readLongs(DataInputStream in) throws IOException {
        List<Long> numbers = new ArrayList<>();
        for (int left = in.readInt(); left > 0; left--) {
            numbers.add(in.readLong());
        }
        return List.copyOf(numbers);
    }

    /** Writes numbers behind their number. */
    public static void writeNumbers(DataOutputStream out, List<Integer> numbers)
            throws IOException {
        out.writeInt(numbers.size());
        for (int each : numbers) {
            out.writeInt(each);
        }
    }

    /** Reads what {@link #writeNumbers} wrote. */
    public static List<Integer> readNumbers(DataInputStream in) throws IOException {
        List<Integer> numbers = new ArrayList<>();
        for (int left = in.readInt(); left > 0; left--) {
            numbers.add(in.readInt());
        }
        return List.copyOf(numbers);
    }
}
