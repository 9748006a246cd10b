package io.ddict.client.codec;

import java.lang.foreign.MemorySegment;

/**
 * Keys whose bytes are those of the same value: numbers, their arrays, times. Of the many decimal
 * numbers that are equal or no number at all, one is taken: zero for minus zero, one NaN for all.
 */
final class ScalarKeyCodec implements KeyCodec {
    private final Codec<Object> codec;

    /**
     * @param codec of the same types as values, one whose bytes are canonical but for decimal
     *     numbers
     */
    ScalarKeyCodec(Codec<Object> codec) {
        this.codec = codec;
    }

    @Override
    public byte tag() {
        return codec.tag();
    }

    @Override
    public void encode(Object key, KeyBytes target) {
        Object normal = switch (codec.tag()) {
            case Tags.DOUBLE -> normal((Double) key);
            case Tags.FLOAT -> normal((Float) key);
            case Tags.DOUBLES -> normal((double[]) key);
            case Tags.FLOATS -> normal((float[]) key);
            default -> key;
        };
        int start = target.append(codec.prepare(normal, target.valueScratch()));
        codec.write(normal, target.valueScratch(), target.segment(), start);
    }

    @Override
    public Object decode(MemorySegment source, long offset, int length, int depth) {
        return codec.read(source, offset, length);
    }

    // Adding zero turns minus zero into zero and leaves all else.
    private static double normal(double number) {
        return Double.isNaN(number) ? Double.NaN : number + 0.0;
    }

    private static float normal(float number) {
        return Float.isNaN(number) ? Float.NaN : number + 0.0f;
    }

    private static double[] normal(double[] numbers) {
        double[] normal = new double[numbers.length];
        for (int i = 0; i < numbers.length; i++) {
            normal[i] = normal(numbers[i]);
        }
        return normal;
    }

    private static float[] normal(float[] numbers) {
        float[] normal = new float[numbers.length];
        for (int i = 0; i < numbers.length; i++) {
            normal[i] = normal(numbers[i]);
        }
        return normal;
    }
}
