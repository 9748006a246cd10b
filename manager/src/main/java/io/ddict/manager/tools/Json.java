package io.ddict.manager.tools;

import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.ObjectWriter;
import com.fasterxml.jackson.databind.SequenceWriter;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.io.PrintStream;

/** JSON for {@code --json}. Jackson is loaded only when it is asked for: it takes a while. */
final class Json {
    private static final ObjectMapper MAPPER = JsonMapper.builder()
            .enable(SerializationFeature.INDENT_OUTPUT)
            .disable(JsonGenerator.Feature.AUTO_CLOSE_TARGET)
            .build();
    private static final ObjectWriter LINES =
            MAPPER.writer().without(SerializationFeature.INDENT_OUTPUT);

    private Json() {}

    /** Prints one document and a line break. */
    static void print(PrintStream out, Object document) throws IOException {
        MAPPER.writeValue(out, document);
        out.println();
    }

    /** Prints one document on a line of its own, at once. */
    static void printLine(PrintStream out, Object document) throws IOException {
        LINES.writeValue(out, document);
        out.println();
    }

    /** Starts documents that are printed one by one, each on a line; closing it ends the last. */
    static SequenceWriter startLines(PrintStream out) throws IOException {
        return LINES.without(SerializationFeature.FLUSH_AFTER_WRITE_VALUE)
                .withRootValueSeparator("\n")
                .writeValues(out);
    }

    /** Starts an array that is printed element by element; closing it ends the array. */
    static SequenceWriter startArray(PrintStream out) throws IOException {
        return MAPPER.writer().writeValuesAsArray(out);
    }
}
