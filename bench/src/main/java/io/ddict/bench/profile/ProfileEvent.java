package io.ddict.bench.profile;

import java.util.Arrays;
import java.util.Locale;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** What a profile takes samples of. */
public enum ProfileEvent {
    /** Time on a processor. */
    CPU,

    /** Allocation on the heap. */
    ALLOC,

    /** Waiting for locks. */
    LOCK,

    /** Time, whether on a processor or not, of all threads alike. */
    WALL;

    /** Its name for async-profiler and on command lines. */
    public String word() {
        return name().toLowerCase(Locale.ROOT);
    }

    /** Reads one from a command line. */
    public static final class Converter implements ITypeConverter<ProfileEvent> {
        @Override
        public ProfileEvent convert(String word) {
            return Arrays.stream(values())
                    .filter(event -> event.word().equals(word))
                    .findFirst()
                    .orElseThrow(() -> new TypeConversionException(
                            "no such event: event=" + word + "; there are cpu, alloc, lock, wall"));
        }
    }
}
