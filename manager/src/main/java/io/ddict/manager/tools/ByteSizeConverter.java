package io.ddict.manager.tools;

import io.ddict.client.ByteSize;
import picocli.CommandLine.ITypeConverter;

/** Reads sizes such as {@code 512m} and {@code 4g}. */
final class ByteSizeConverter implements ITypeConverter<ByteSize> {
    @Override
    public ByteSize convert(String text) {
        return ByteSize.parse(text);
    }
}
